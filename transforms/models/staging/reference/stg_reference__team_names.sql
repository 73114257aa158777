{# Every spelling that names a team: its own name and its aliases, in lower case. #}
select
    lower(trim(team)) as team_name,
    team,
    valid_from,
    valid_to
from {{ source('landing', 'teams') }}

union

select
    lower(trim(alias)) as team_name,
    team,
    valid_from,
    valid_to
from {{ source('landing', 'team_aliases') }}
