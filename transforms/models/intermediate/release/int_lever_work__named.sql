{#
    What work a workload is part of. A Slurm job is a workload of its own and runs once: what comes again is
    the job's name.
#}
select
    workload,
    min(job_name) as work
from {{ ref('day_job_attempts') }}
where scheduler = 'slurm' and workload is not null
group by workload
