package fraud

import rego.v1

high_value if input.amount > 10000

strict if input.country in {"NG", "PK"}

action := "manual_review" if {
	high_value
} else := "block" if {
	input.score >= 0.7
} else := "manual_review" if {
	input.score >= 0.4
} else := "manual_review" if {
	strict
} else := "allow"

score_reason := "high_fraud_probability" if {
	input.score >= 0.7
} else := "moderate_fraud_probability" if {
	input.score >= 0.4
} else := "low_fraud_probability"

amount_reason := "+high_value_transaction" if {
	high_value
} else := ""

country_reason := "+strict_mode_country" if {
	strict
} else := ""

decision := [action, concat("", [score_reason, amount_reason, country_reason])]
