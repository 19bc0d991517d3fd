// Package matchers puts rule engines on the same footing: each is given the same rules and profiles, in its own language, and says which
// rules hold.
//
// Third-party engines have their inputs ready before the clock starts, in the form that is best for them. Ours starts from the messages
// of a request, as the service does.
package matchers

import (
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/surprise-service/surprised/bench/internal/rules"
)

// Engine finds the rules that hold for a profile. It is for one goroutine.
type Engine interface {
	// Build makes the engine's own form of the rules.
	Build(c *rules.Catalog) error
	// Prepare makes its form of the profiles.
	Prepare(c *rules.Catalog, profiles []rules.Profile) error
	// Match appends the numbers of the rules that hold for the profile of that number, in any order.
	Match(profile int, into []int32) ([]int32, error)
}

// The engines.
const (
	Surprised = "surprised"
	Closures  = "closures"
	CEL       = "cel-go"
	CELFlat   = "cel-go, flat"
	Expr      = "expr"
	OPA       = "OPA"
	Grule     = "grule"
	JSONLogic = "jsonlogic"
)

// ThirdParty returns the engines that others made.
func ThirdParty() []string { return []string{CEL, CELFlat, Expr, OPA, Grule, JSONLogic} }

// Names returns all engines.
func Names() []string { return append([]string{Surprised, Closures}, ThirdParty()...) }

// New returns the engine of a name.
func New(name string) (Engine, error) {
	switch name {
	case Surprised:
		return &ours{}, nil
	case Closures:
		return &closures{}, nil
	case CEL:
		return &celEngine{}, nil
	case CELFlat:
		return &celFlat{}, nil
	case Expr:
		return &exprEngine{}, nil
	case OPA:
		return &opaEngine{}, nil
	case Grule:
		return &gruleEngine{}, nil
	case JSONLogic:
		return &jsonLogic{}, nil
	}
	return nil, fmt.Errorf("there is no engine %q; there are %q", name, Names())
}

// Takes tells whether an engine is given a catalogue of a shape and size. Third-party engines take part where attributes are always there,
// and where building and asking them ends within minutes.
func Takes(name string, shape rules.Shape, n int) bool {
	switch name {
	case Surprised, Closures:
		return true
	case CEL, CELFlat:
		return n <= 100_000 && (name == CEL || shape == rules.Plain)
	case Expr, OPA:
		return shape == rules.Plain && n <= 100_000
	default:
		return shape == rules.Plain && n <= 10_000
	}
}

// Answer identifies a set of matches, whatever their order.
func Answer(matches []int32) uint64 {
	slices.Sort(matches)
	h := fnv.New64a()
	for _, m := range matches {
		_, _ = h.Write([]byte{byte(m), byte(m >> 8), byte(m >> 16)}) // never fails
	}
	return h.Sum64()
}
