select
    lower(trim(alias_key)) as alias_key,
    lower(trim(tag_key)) as tag_key,
    valid_from,
    valid_to
from {{ source('landing', 'tag_aliases') }}
