"""The rule or policy behind an entry of the ledger: what it says, and its file and row."""

from apportion.explain.scope import Row, Scope

OWNERS = """
select
    rule_id, match_field, match_key, match_value, team, priority, valid_from, valid_to,
    object_key, object_row
from landing.owner_rules
"""
POLICIES = """
select
    policy_id, step, match_field, match_value, method, metric,
    string_agg(team || coalesce(' ' || weight, ''), ', ' order by team) as team,
    min(object_key) as object_key, min(object_row) as object_row
from landing.shared_cost_policies
group by policy_id, step, match_field, match_value, method, metric
"""
NO_RULE = {
    "none": "no rule matched",
    "deployment": "the deployment's own team, in deployments.csv",
}


class Rules:
    """Owner rules and shared-cost policies by their id."""

    def __init__(self, scope: Scope) -> None:
        self._said = dict(NO_RULE)
        for rule in scope.rows(OWNERS):
            self._add(rule["rule_id"], _owner(rule), rule)
        for policy in scope.rows(POLICIES):
            self._add(policy["policy_id"], _policy(policy), policy)

    def says(self, rule_id: str) -> str:
        """A rule in words; its versions one after the other where it has several."""
        said = self._said.get(rule_id)
        return rule_id if said is None else f"{rule_id}: {said}"

    def _add(self, rule_id: str, says: str, row: Row) -> None:
        text = f"{says} ({row['object_key']} row {row['object_row']})"
        self._said[rule_id] = f"{self._said[rule_id]}; {text}" if rule_id in self._said else text


def _owner(rule: Row) -> str:
    attribute = f"{rule['match_field']} {rule['match_key'] or ''}".strip()
    value = "any value" if rule["match_value"] == "*" else rule["match_value"]
    team = "the team that it names" if rule["team"] == "$value" else f"team {rule['team']}"
    until = f", until {rule['valid_to']}" if rule["valid_to"] else ""
    return f"{attribute} = {value} gives it to {team}, priority {rule['priority']}{until}"


def _policy(policy: Row) -> str:
    teams = f" ({policy['team']})" if policy["team"] else ""
    metric = f" {policy['metric']}" if policy["metric"] else ""
    return (
        f"{policy['match_field']} = {policy['match_value']} is shared: "
        f"{policy['method']}{metric}{teams}, step {policy['step']}"
    )
