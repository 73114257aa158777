{# A difference here means that money was lost, invented or counted twice between bill and ledger. #}
{{ config(tags=['release']) }}

select * from {{ ref('reconciliation') }}
where difference <> 0
