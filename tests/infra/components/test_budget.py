"""A budget counts what the stage costs, and tells whoever hears the alarms."""

from tests.infra.assemblies import Assembly

BUDGET = "AWS::Budgets::Budget"


def test_a_month_is_limited_to_the_setting(watched: Assembly) -> None:
    budget = watched.only(BUDGET)["Budget"]
    assert budget["BudgetLimit"] == {"Amount": 200, "Unit": "USD"}
    assert (budget["BudgetType"], budget["TimeUnit"]) == ("COST", "MONTHLY")


def test_only_what_carries_both_tags_of_the_stage_counts(watched: Assembly) -> None:
    repository = watched.only("AWS::ECR::Repository", stack="Registry")
    tags = {tag["Key"]: tag["Value"] for tag in repository["Tags"]}
    counted = watched.only(BUDGET)["Budget"]["FilterExpression"]["And"]
    assert {item["Tags"]["Key"]: item["Tags"]["Values"] for item in counted} == {
        key: [value] for key, value in tags.items()
    }


def test_subscribers_hear_of_80_percent_spent_and_of_a_forecast_above_all(
    watched: Assembly,
) -> None:
    topic = {"Ref": next(iter(watched.resources("AWS::SNS::Topic")))}
    told = {
        (item["Notification"]["NotificationType"], item["Notification"]["Threshold"])
        for item in watched.only(BUDGET)["NotificationsWithSubscribers"]
        if item["Subscribers"] == [{"SubscriptionType": "SNS", "Address": topic}]
    }
    assert told == {("ACTUAL", 80), ("FORECASTED", 100)}


def test_topic_is_open_to_the_budget_before_the_budget_is_made(watched: Assembly) -> None:
    (budget,) = watched.resources(BUDGET).values()
    (policy,) = watched.resources("AWS::SNS::TopicPolicy")
    assert policy in budget["DependsOn"]
