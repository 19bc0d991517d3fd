package ruletest

import (
	"fmt"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// Rules draws rule texts over Schema and Segments. Nearly all of them compile; whoever takes them passes over the others.
func Rules() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string { return expression(t, rapid.IntRange(0, 4).Draw(t, "depth")) })
}

// SimpleRules draws rules of a few clauses about fields, as most catalogues have.
func SimpleRules() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		parts := make([]string, rapid.IntRange(1, 5).Draw(t, "clauses"))
		for i := range parts {
			parts[i] = fieldClause(t)
		}
		return strings.Join(parts, " && ")
	})
}

func expression(t *rapid.T, depth int) string {
	if depth == 0 {
		return clause(t)
	}
	a := expression(t, depth-1)
	switch rapid.IntRange(0, 9).Draw(t, "operator") {
	case 0, 1, 2:
		return "(" + a + " && " + expression(t, depth-1) + ")"
	case 3, 4, 5:
		return "(" + a + " || " + expression(t, depth-1) + ")"
	case 6, 7:
		return "!(" + a + ")"
	case 8:
		return "(" + a + " ? " + expression(t, depth-1) + " : " + expression(t, depth-1) + ")"
	default:
		return "(" + a + ") " + pick(t, "==", "!=") + " " + pick(t, "true", "false", "("+clause(t)+")")
	}
}

func clause(t *rapid.T) string {
	switch rapid.IntRange(0, 9).Draw(t, "clause") {
	case 0:
		return pick(t, `segment("gold")`, `segment("regular")`, `segment("early")`, `segment("guest")`, `segment("odd")`, `segment("nested")`)
	case 1:
		return opaqueClause(t)
	case 2:
		return loopClause(t)
	case 3:
		return pick(t, "true", "false", "has("+presence(t)+")", "has("+presence(t)+")", `occasion("birthday")`, `occasion("new_year")`)
	default:
		return fieldClause(t)
	}
}

// fieldClause asks about one attribute in the ways that are understood natively.
func fieldClause(t *rapid.T) string {
	switch rapid.IntRange(0, 3).Draw(t, "type") {
	case 0:
		return compare(t, texts(t), literal, false)
	case 1:
		return numeric(t)
	case 2:
		return membership(t)
	default:
		return special(t)
	}
}

// compare writes a comparison of a thing with a literal on either side, or with a list of them.
func compare(t *rapid.T, thing string, literal func(*rapid.T) string, ordered bool) string {
	operators := []string{"==", "!=", "in"}
	if ordered {
		operators = append(operators, "<", "<=", ">", ">=")
	}
	switch operator := pick(t, operators...); {
	case operator == "in":
		return thing + " in [" + several(t, literal) + "]"
	case oneIn(t, 4):
		return literal(t) + " " + operator + " " + thing
	default:
		return thing + " " + operator + " " + literal(t)
	}
}

func several(t *rapid.T, literal func(*rapid.T) string) string {
	var out []string
	for range rapid.IntRange(0, 4).Draw(t, "several") {
		out = append(out, literal(t))
	}
	return strings.Join(out, ", ")
}

// numeric compares a number; CEL takes only its own type for == and !=.
func numeric(t *rapid.T) string {
	thing, exactly := ints(t), wholeNumber
	if oneIn(t, 2) {
		thing, exactly = doubles(t), double
	}
	if oneIn(t, 3) {
		return compare(t, thing, exactly, false)
	}
	mixed := pick(t, wholeNumber, double)
	if oneIn(t, 4) {
		return thing + " in [" + double(t) + ", " + wholeNumber(t) + ", " + exactly(t) + "]"
	}
	if oneIn(t, 4) {
		return mixed(t) + " " + pick(t, "<", "<=", ">", ">=") + " " + thing
	}
	return thing + " " + pick(t, "<", "<=", ">", ">=") + " " + mixed(t)
}

// membership asks what is in a list.
func membership(t *rapid.T) string {
	list := lists(t)
	switch rapid.IntRange(0, 4).Draw(t, "membership") {
	case 0:
		return list + ".exists(v, v == " + literal(t) + ")"
	case 1:
		return list + ".exists(v, v in [" + several(t, literal) + "])"
	case 2:
		return list + ".all(v, v != " + literal(t) + ")"
	default:
		return literal(t) + " in " + list
	}
}

// special asks for enums, bools and what may fail.
func special(t *rapid.T) string {
	switch rapid.IntRange(0, 4).Draw(t, "special") {
	case 0:
		channel := func(t *rapid.T) string {
			return pick(t, "Channel.POS", "Channel.APP", "Channel.CRM", "surprise.v1.Channel.WEB")
		}
		return compare(t, "moment.channel", channel, true)
	case 1:
		consent := func(t *rapid.T) string { return pick(t, "Consent.GIVEN", "Consent.WITHHELD", "0") }
		return compare(t, pick(t, "customer.consents.surprises", "customer.consents.personal_occasions"), consent, false)
	case 2:
		return pick(t, "customer.birthday.leap_month", "customer.attributes.bool", "customer.attributes.bool == true", "false != customer.birthday.leap_month", "customer.attributes.bool in [true]")
	case 3:
		days := func(t *rapid.T) string { return pick(t, "0", "2", "30", "60", "-1", "80000") }
		return compare(t, pick(t, "days_since(customer.member_since)", "days_since(customer.visits.last)", "days_since(customer.complaint_resolved)", `days_to("birthday")`, `days_to("new_year")`), days, true)
	default:
		stage := func(t *rapid.T) string { return strconv.Quote(pick(t, Stages()...)) }
		return compare(t, "moment.stage", stage, false)
	}
}

func texts(t *rapid.T) string {
	return pick(t, "customer.tier", "customer.locale", "customer.id", "moment.store", "moment.region", "moment.weather.condition", "customer.attributes.text", "moment.attributes.text")
}

func doubles(t *rapid.T) string {
	return pick(t, "customer.attributes.double", "moment.attributes.double", "customer.satisfaction", "moment.distance_km", "moment.weather.temperature")
}

func ints(t *rapid.T) string {
	return pick(t, "customer.visits.total", "customer.visits.last_365d", "customer.open_complaints", "customer.lifetime_value_minor", "moment.party.size", "moment.basket.total_minor", "moment.basket.items",
		"customer.birthday.month", "customer.member_since.year", "customer.attributes.int", "customer.attributes.int", "size("+lists(t)+")", lists(t)+".size()", "size("+texts(t)+")", texts(t)+".size()")
}

func lists(t *rapid.T) string {
	return pick(t, "customer.likes", "customer.dislikes", "customer.tags", "moment.basket.categories", "customer.attributes.texts", "moment.attributes.texts")
}

func presence(t *rapid.T) string {
	return pick(t, "customer.satisfaction", "customer.tier", "customer.visits", "customer.visits.last", "customer.visits.total", "customer.likes", "customer.birthday.leap_month", "customer.relations",
		"moment.channel", "moment.time", "moment.weather.temperature", "moment.stage", "customer.attributes.text", "customer.attributes.int", "customer.attributes.texts", "moment.attributes.double", "customer.consents.surprises")
}

func literal(t *rapid.T) string { return strconv.Quote(word(t)) }

// wholeNumber and double write literals, small ones and such as a double does not hold exactly.
func wholeNumber(t *rapid.T) string {
	return pick(t, "0", "1", "2", "3", "4", "-2", fmt.Sprint(1<<53), fmt.Sprint(1<<53+1), "9223372036854775807")
}

func double(t *rapid.T) string {
	return pick(t, "0.0", "0.5", "2.0", "2.5", "3.0", "-0.0", "-3.0", "1e300", "9007199254740993.0")
}
