// Package rule compiles and evaluates the catalogue's rules. It is the only package that knows CEL.
//
// A rule is a CEL expression of type bool over
//
//	customer   surprise.v1.CustomerProfile
//	moment     surprise.v1.Moment
//	now        the time of the decision
//
// with the custom attributes that the catalogue declares as customer.attributes.NAME and moment.attributes.NAME, the functions
// segment("name"), days_since(date), occasion("birthday") and days_to("birthday"), and the enums of the API (Channel.POS). Everything is type-checked when the catalogue is
// loaded: a misspelt field, a wrong type, an undeclared attribute and an unknown or cyclic segment are problems with a position.
//
// Unset plain fields have their default ("" or 0). Reading an absent custom attribute, or a date that is not set, is an error at
// run time, and a rule with an error does not hold; has(...) tells whether it is there.
package rule

import (
	"errors"
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
)

// CostLimit bounds the work of one evaluation, in CEL cost units (about one for each operation). It stops nested loops over
// long lists after a few milliseconds.
const CostLimit = 10_000

// MaxSourceLen bounds a rule's text, in code points.
const MaxSourceLen = 10_000

// Rule is one compiled rule. It is immutable and safe for concurrent use.
type Rule struct {
	set     *Set
	source  string
	program cel.Program
	ast     *cel.Ast
	reads   []string
	// explain compiles what only explanations need, when first asked for.
	explain func() (*explanation, error)
	// conjuncts are what must be true for the rule to hold, found when first asked for.
	conjuncts func() []conjunct
}

// Source returns the text that the rule was compiled from.
func (r *Rule) Source() string { return r.source }

// Holds reports whether the rule is true of the facts. An error (an absent attribute, the cost limit) means that it does not hold.
func (r *Rule) Holds(f *Facts) (bool, error) {
	out, _, err := r.program.Eval(f)
	if err != nil {
		return false, evalError(err)
	}
	return out == types.True, nil
}

func evalError(err error) error {
	var missing interface{ Unwrap() error }
	if errors.As(err, &missing) && missing.Unwrap() != nil {
		err = missing.Unwrap()
	}
	return fmt.Errorf("rule: %w", err)
}

// Problem is one thing that is wrong with a rule's text.
type Problem struct {
	// Line counts from 1, Column from 0 in code points, both within the rule.
	Line, Column int
	Message      string
	// Hint is the fix, where it is plain.
	Hint string
	// Warning marks what is allowed but surely not meant.
	Warning bool
}
