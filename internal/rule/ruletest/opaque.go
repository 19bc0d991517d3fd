package ruletest

import (
	"fmt"

	"pgregory.net/rapid"
)

// opaqueClause asks what only CEL can answer, some of it only sometimes.
func opaqueClause(t *rapid.T) string {
	text := texts(t)
	switch rapid.IntRange(0, 11).Draw(t, "opaque") {
	case 0:
		return fmt.Sprintf("%s.%s(%s)", text, pick(t, "startsWith", "endsWith", "contains", "matches"), pick(t, `"g"`, `"a"`, `"^$"`, literal(t)))
	case 1:
		return fmt.Sprintf("%s %s %s", text, pick(t, "<", "<=", ">", ">=", "=="), pick(t, literal(t), texts(t)))
	case 2:
		return fmt.Sprintf("%s %% 2 == 1", pick(t, "customer.visits.total", "customer.attributes.int"))
	case 3:
		return fmt.Sprintf("6 / %s %s 2", pick(t, "customer.visits.total", "moment.party.size", "customer.attributes.int"), pick(t, ">", "=="))
	case 4:
		return fmt.Sprintf("%s + 1 %s %s", pick(t, "customer.lifetime_value_minor", "customer.attributes.int"), pick(t, "<", "==", ">="), pick(t, "3", "4", "customer.visits.total"))
	case 5:
		return fmt.Sprintf("%s%s", pick(t, "now", "moment.time"), pick(t, ` > timestamp("2026-03-02T00:00:00Z")`, ` < timestamp("2024-01-01T00:00:00Z")`, ".getHours() >= 12", ".getDayOfWeek() == 0"))
	case 6:
		return fmt.Sprintf("%s in %s", text, lists(t))
	case 7:
		return fmt.Sprintf("%s[%s] == %s", lists(t), pick(t, "0", "1"), literal(t))
	case 8:
		return fmt.Sprintf("(%s ? %s : %s) == %s", clause(t), numbersOfInt(t), "3", pick(t, "2", "3"))
	case 9:
		return fmt.Sprintf("%s %s %s", lists(t), pick(t, "==", "!="), pick(t, "["+several(t, literal)+"]", lists(t)))
	case 10:
		return fmt.Sprintf("%s %s %s", pick(t, "customer.member_since", "customer.complaint_resolved"), pick(t, "==", "!="), pick(t, "customer.visits.last", "Date{year: 2026, month: 3, day: 2}"))
	default:
		return fmt.Sprintf("string(%s) == %s", numbersOfInt(t), pick(t, `"0"`, `"2"`))
	}
}

func numbersOfInt(t *rapid.T) string {
	return pick(t, "customer.visits.total", "customer.attributes.int", "days_since(customer.member_since)", `days_to("birthday")`, "size(customer.likes)")
}

// loopClause asks by the macros that go through lists.
func loopClause(t *rapid.T) string {
	list, pattern := lists(t), ""
	switch rapid.IntRange(0, 5).Draw(t, "loop") {
	case 0:
		pattern = pick(t, "v == %s", "%s == v", "v != %s", "!(v == %s)", "v in [%s]", "!(v in [%s, \"tea\"])", "v.startsWith(%s)", "v == %s || v == \"cake\"", "v == %s && size(v) > 1", "v == customer.tier || v == %s")
		return list + pick(t, ".exists", ".all", ".exists_one") + "(v, " + fmt.Sprintf(pattern, literal(t)) + ")"
	case 1:
		return fmt.Sprintf("%s.filter(v, v != %s).size() %s %s", list, literal(t), pick(t, ">", "=="), pick(t, "0", "1", "2"))
	case 2:
		return fmt.Sprintf("%s in %s.map(v, v + %s)", literal(t), list, literal(t))
	case 3:
		return fmt.Sprintf("%s.exists(v, %s.exists(w, v == w))", list, lists(t))
	case 4:
		return fmt.Sprintf("customer.relations.exists(r, r.kind == %s && r.consent == Consent.GIVEN)", pick(t, `"child"`, `"parent"`))
	default:
		// Nested as deep, loops reach the limit of cost.
		return fmt.Sprintf("%s.all(a, %s.all(b, [1,2,3,4,5,6,7,8].all(c, [1,2,3,4,5,6,7,8].all(d, [1,2,3,4,5,6,7,8].all(e, a != b || c + d + e > 0)))))", list, lists(t))
	}
}
