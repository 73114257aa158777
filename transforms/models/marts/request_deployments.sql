select
    usage_date,
    gen_ai_provider_name,
    gen_ai_request_model,
    gen_ai_response_model,
    deployment_id,
    deployment,
    model,
    hosting,
    purpose
from {{ ref('day_request_deployments') }}
