package rule

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
)

// maxClauses bounds how many clauses a rule is put together from, well below what CEL's parser takes.
const maxClauses = 32

// clause is a part of a rule between the && at its top. Large catalogues say the same in many rules, and parsing and checking it takes far
// longer than all else: each clause is compiled once.
type clause struct {
	// rule is nil where the clause alone does not compile.
	rule *Rule
	// guarded and optional are the optional fields that it asks for by has(), and those that it reads.
	guarded, optional []string
}

// clauses keeps the clauses of a set by their text.
type clauses struct {
	mu     sync.RWMutex
	byText map[string]*clause // guarded by mu
}

func newClauses() *clauses { return &clauses{byText: map[string]*clause{}} }

func (s *Set) clause(text string) *clause {
	s.clauses.mu.RLock()
	c := s.clauses.byText[text]
	s.clauses.mu.RUnlock()
	if c != nil {
		return c
	}
	// Two at the same time may both compile it, which does no harm.
	c = s.newClause(text)
	s.clauses.mu.Lock()
	defer s.clauses.mu.Unlock()
	s.clauses.byText[strings.Clone(text)] = c
	return c
}

func (s *Set) newClause(text string) *clause {
	r, _ := s.compileWhole(text)
	if r == nil {
		return &clause{}
	}
	tree, err := r.checked()
	if err != nil {
		return &clause{}
	}
	c := &clause{rule: r}
	guarded, read := optionals(tree)
	for path := range guarded {
		c.guarded = append(c.guarded, path)
	}
	for path := range read {
		c.optional = append(c.optional, path)
	}
	return c
}

// fromClauses puts a rule together from its clauses. It returns nil for a rule of one clause, and where there is anything to say about the
// rule: then it is compiled as a whole, for the right positions.
func (s *Set) fromClauses(source string) *Rule {
	texts := splitAnd(source)
	if len(texts) < 2 || len(texts) > maxClauses || len(source) > MaxSourceLen {
		return nil
	}
	of := make([]*clause, len(texts))
	for i, text := range texts {
		if of[i] = s.clause(strings.TrimSpace(text)); of[i].rule == nil {
			return nil
		}
	}
	if anyUnguarded(of) {
		return nil
	}
	r := s.newRule(source, readsOf(of), sync.OnceValues(func() (*cel.Ast, error) { return s.tree(source) }))
	r.clauses = of
	return r.joined()
}

// tree parses and checks the text of a rule that was put together from clauses.
func (s *Set) tree(source string) (*cel.Ast, error) {
	checked, issues := s.env.Compile(source)
	if issues.Err() != nil {
		return nil, fmt.Errorf("rule: compile as a whole: %w", issues.Err())
	}
	return checked, nil
}

// joined joins the formulas of the clauses; nil where they are too much together.
func (r *Rule) joined() *Rule {
	truths := make([]*Formula, len(r.clauses))
	for i, c := range r.clauses {
		truths[i] = c.rule.truth
		r.cost += c.rule.cost
		r.byStage = r.byStage || c.rule.byStage
	}
	truth := join(All, truths)
	if r.cost >= CostLimit || truth.size > maxFormula {
		return nil
	}
	r.truth = r.interned(truth)
	r.negation = sync.OnceValue(func() *Formula {
		negations := make([]*Formula, len(r.clauses))
		for i, c := range r.clauses {
			negations[i] = c.rule.Negation()
		}
		return r.interned(join(Any, negations))
	})
	return r
}

func anyUnguarded(of []*clause) bool {
	for _, c := range of {
		for _, path := range c.optional {
			if !slices.ContainsFunc(of, func(d *clause) bool { return slices.Contains(d.guarded, path) }) {
				return true
			}
		}
	}
	return false
}

func readsOf(of []*clause) []string {
	var out []string
	for _, c := range of {
		for _, read := range c.rule.reads {
			if !slices.Contains(out, read) {
				out = append(out, read)
			}
		}
	}
	return out
}

// sharedConjuncts are those of the clauses, where there are some: their positions are within the clause.
func (r *Rule) sharedConjuncts() []conjunct {
	if r.clauses == nil {
		return r.conjuncts()
	}
	var out []conjunct
	for _, c := range r.clauses {
		out = append(out, c.rule.conjuncts()...)
	}
	return out
}
