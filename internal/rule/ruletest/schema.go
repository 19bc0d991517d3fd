// Package ruletest draws random rules and random requests, so that every way to evaluate rules can be compared with every other. It covers the
// whole language: what is understood natively, what is left to CEL, and what fails.
package ruletest

import (
	"fmt"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/rule"
)

// Schema is what the rules and the requests of this package assume: a custom attribute of each type on either side, and two occasions.
func Schema() rule.Schema {
	return rule.Schema{
		Customer:  map[string]surprisev1.AttributeType{"text": surprisev1.AttributeType_STRING, "int": surprisev1.AttributeType_INT, "double": surprisev1.AttributeType_DOUBLE, "bool": surprisev1.AttributeType_BOOL, "texts": surprisev1.AttributeType_STRING_LIST},
		Moment:    map[string]surprisev1.AttributeType{"text": surprisev1.AttributeType_STRING, "double": surprisev1.AttributeType_DOUBLE, "texts": surprisev1.AttributeType_STRING_LIST},
		Occasions: Occasions(),
	}
}

// Occasions are the names that rules ask for.
func Occasions() []string { return []string{"birthday", "new_year"} }

// Segments are those that rules use: plain ones, one over another, one by stage, one that may fail, and one of CEL only.
func Segments() map[string]string {
	return map[string]string{
		"gold":    `customer.tier in ["gold", "silver"]`,
		"regular": `segment("gold") || customer.visits.last_365d >= 3 && !segment("early")`,
		"early":   `moment.stage == "enter" || moment.stage == "browse"`,
		"guest":   `customer.attributes.text == "guest" ? customer.attributes.bool : customer.attributes.int > 2`,
		"odd":     `customer.visits.total % 2 == 1 || customer.id.startsWith("c")`,
		"nested":  `segment("guest") && !(segment("regular") || "tea" in customer.likes)`,
	}
}

// NewSet returns a set of the schema with its segments.
func NewSet() (*rule.Set, error) {
	set, problems, err := rule.NewSet(Schema(), Segments())
	if err != nil {
		return nil, err
	}
	for name, found := range problems {
		for _, p := range found {
			if !p.Warning {
				return nil, fmt.Errorf("ruletest: segment %s: %s", name, p.Message)
			}
		}
	}
	return set, nil
}
