// Package rule compiles and evaluates the catalogue's rules. It is the only package that knows CEL.
//
// A rule is a CEL expression of type bool over
//
//	customer   surprise.v1.CustomerProfile
//	moment     surprise.v1.Moment
//	now        the time of the decision
//
// with the custom attributes that the catalogue declares as customer.attributes.NAME and moment.attributes.NAME, the functions segment("name"),
// days_since(date), occasion("birthday") and days_to("birthday"), and the enums of the API (Channel.POS). Everything is type-checked when the
// catalogue is loaded: a misspelt field, a wrong type, an undeclared attribute and an unknown or cyclic segment are problems with a position.
//
// Unset plain fields have their default ("" or 0). Reading an absent custom attribute, or a date that is not set, is an error at run time, and a
// rule with an error does not hold; has(...) tells whether it is there.
//
// CEL checks rules, but hardly ever evaluates one. The tree of a rule becomes a Formula of predicates about attributes, which are read straight
// from the protos of a request:
//
//	customer.tier in ["gold", "silver"] && !(customer.visits.total < 3 || now.getHours() > 20)
//
//	All ── customer.tier In [gold silver]
//	    ├─ customer.visits.total Between 3 and the largest int
//	    └─ Opaque: now.getHours() > 20 is false, asked of CEL once for each request
//
// Rule.True and Rule.False evaluate the formula, Rule.Holds the whole rule by CEL: they answer alike, and tests hold them to it. A rule that could
// reach CostLimit is opaque as a whole, and so is every rule where a custom attribute is oversize (Facts.Oversize).
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
	set    *Set
	source string
	reads  []string
	// checked is the tree of the rule. One that was put together from clauses has it when it is first needed.
	checked func() (*cel.Ast, error)
	// clauses are what it was put together from.
	clauses []*clause
	// cost bounds what it costs CEL.
	cost float64
	// byStage says that it depends on the stage.
	byStage bool
	// truth is when the rule is true, negation when it is false.
	truth    *Formula
	negation func() *Formula
	// program is CEL's, planned when first needed.
	program func() (cel.Program, error)
	// explain compiles what only explanations need, when first asked for.
	explain func() (*explanation, error)
	// conjuncts are what must be true for the rule to hold, found when first asked for.
	conjuncts func() []conjunct
}

// Source returns the text that the rule was compiled from.
func (r *Rule) Source() string { return r.source }

// Holds asks CEL whether the rule is true of the facts. An error (an absent attribute, the cost limit) means that it does not hold. True and
// False answer the same, and much faster; Holds tells the error, and is what they are compared with.
func (r *Rule) Holds(f *Facts) (bool, error) {
	program, err := r.program()
	if err != nil {
		return false, fmt.Errorf("rule: plan: %w", err)
	}
	out, _, err := program.Eval(f)
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
