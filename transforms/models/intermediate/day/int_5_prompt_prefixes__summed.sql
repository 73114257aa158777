{#
    Replay of a prompt cache: how much of a prompt came before, in one that the same caller sent to the same model within
    a time to live. The hash of a block is over all blocks before it, so a block that was seen within that time
    means that everything before it was, too. Where the log does not say how many tokens a block has, a prompt's
    tokens are spread over its blocks. What is missed is what beginnings that are long enough to be cached have
    beyond what the vendor's cache read. Only calls whose log has hashes are looked at; a day stands alone.
#}
{% set ladder = prefix_ladder() %}
{% set caller = ['usage_date', 'deployment', 'model', 'gateway_team', 'api_key_alias'] %}
{% set minimum = var('prompt_cache_minimum_tokens') %}
{% set types = ['input', 'cache_read', 'cache_creation', 'cache_creation_1h'] %}
with
steps as (
    {{ context_steps() }}
),

calls as (
    select
        deployments.deployment,
        deployments.model,
        requests.usage_date,
        requests.request_id,
        requests.started_at,
        requests.gateway_team,
        requests.api_key_alias,
        requests.service_tier,
        requests.prompt_block_hashes,
        requests.prompt_block_tokens,
        requests.input_tokens,
        {% for token_type, quantity in token_quantities('requests', '1').items() if token_type in types %}
        {{ quantity }} as {{ token_type }}_quantity{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('stg_inference__requests') }} as requests
    inner join {{ ref('int_5_request_deployments__resolved') }} as deployments  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
    where
        requests.prompt_block_hashes is not null
        and requests.status in ('success', '')
        and not requests.is_gateway_cache_hit
        and deployments.hosting = 'api'
),

blocks as (
    select
        {{ caller | join(', ') }},
        request_id,
        started_at,
        {{ each_word('prompt_block_hashes') }} as block_hash
    from calls
),

seen as (
    select
        usage_date,
        request_id,
        {{ milliseconds_between(
            'lag(started_at) over (partition by ' ~ caller | join(', ') ~ ', block_hash order by started_at, request_id)',
            'started_at'
        ) }} as unseen_ms
    from blocks
),

counted as (
    select
        usage_date,
        request_id,
        {% for minutes in ladder %}
        coalesce(sum(case when unseen_ms <= {{ minutes * 60000 }} then 1 end), 0) as blocks_within_{{ minutes }},
        {% endfor %}
        count(*) as block_count
    from seen
    group by usage_date, request_id
),

prompts as (
    select
        calls.*,
        calls.input_quantity + calls.cache_read_quantity + calls.cache_creation_quantity
        + calls.cache_creation_1h_quantity as prompt_tokens,
        {% for minutes in ladder %}
        counted.blocks_within_{{ minutes }},
        {% endfor %}
        counted.block_count
    from calls
    inner join counted using (usage_date, request_id)  {# every call with hashes has blocks #}
),

prefixes as (
    select
        prompts.*,
        {{ context_step('prompts.input_tokens') }} as context_step,
        {% for minutes in ladder %}
        least(prompts.prompt_tokens, coalesce(
            prompts.prompt_block_tokens * prompts.blocks_within_{{ minutes }},
            {{ floor_divide('prompts.prompt_tokens * prompts.blocks_within_' ~ minutes, 'prompts.block_count') }}
        )) as prefix_within_{{ minutes }},
        {% endfor %}
        prompts.prompt_tokens >= {{ minimum }} as is_long
    from prompts
    cross join steps
)

select
    {{ caller | join(', ') }},
    service_tier,
    context_step,
    count(*) as request_count,
    sum(prompt_tokens) as prompt_tokens,
    {% for token_type in types %}
    sum(case when is_long then {{ token_type }}_quantity else 0 end) as {{ token_type }}_quantity,
    {% endfor %}
    {% for minutes in ladder %}
    sum(prefix_within_{{ minutes }}) as prefix_tokens_within_{{ minutes }},
    sum(case
        when prefix_within_{{ minutes }} >= {{ minimum }}
            then greatest(prefix_within_{{ minutes }} - cache_read_quantity, 0)
        else 0
    end) as missed_tokens_within_{{ minutes }}{{ ',' if not loop.last }}
    {% endfor %}
from prefixes
group by all
