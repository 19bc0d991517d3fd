package rules

// clauses returns those of one more rule, or nil where what was drawn is thrown away.
func (g *generator) clauses() [][]int {
	switch g.Shape {
	case DNF:
		return g.ands(6, 3)
	case True:
		return g.constant(true)
	case False:
		return g.constant(false)
	default:
		return g.usual()
	}
}

// usual has 2 to 6 clauses.
func (g *generator) usual() [][]int {
	used := map[int]bool{}
	var out [][]int
	if g.random.Float64() < stageShare {
		out = append(out, []int{g.about(Stage)})
		used[Stage] = true
	}
	for n := 2 + pick(g.random, []float64{12, 38, 68, 88, 100}); len(out) < n; {
		a := g.unused(used)
		out = append(out, []int{g.about(a)})
		if upper := g.other(out[len(out)-1][0]); upper >= 0 && len(out) < n && g.random.Float64() < 0.3 {
			out = append(out, []int{upper})
		}
	}
	if g.random.Float64() < g.Shape.orShare() {
		i := g.random.IntN(len(out))
		if g.Atoms[out[i][0]].Attribute > Channel { // stages and channels are lists of a template, not words of a rule
			used[Channel] = true
			out[i] = append(out[i], g.about(g.unused(used)))
		}
	}
	if share := g.share(out); share > tooMany || share == 0 && g.random.Float64() < 0.9 {
		return nil
	}
	g.random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// unused draws an attribute that the rule does not ask for yet, and not the stage.
func (g *generator) unused(used map[int]bool) int {
	for {
		if a := pick(g.random, g.popular); !used[a] && a != Stage {
			used[a] = true
			return a
		}
	}
}

// about draws an atom about an attribute.
func (g *generator) about(attribute int) int {
	atoms := g.atoms[attribute]
	return atoms[g.random.IntN(len(atoms))]
}

// other returns an atom that makes a range of one about a number; -1 where none was found.
func (g *generator) other(atom int) int {
	a := g.Atoms[atom]
	if g.Attributes[a.Attribute].Kind != Number {
		return -1
	}
	for range 30 {
		i := g.about(a.Attribute)
		b := g.Atoms[i]
		if a.Op == AtLeast && b.Op == Below && b.Number > a.Number || a.Op == Below && b.Op == AtLeast && b.Number < a.Number {
			return i
		}
	}
	return -1
}

// ands returns n clauses of m atoms each.
func (g *generator) ands(n, m int) [][]int {
	out := make([][]int, n)
	for i := range out {
		used := map[int]bool{Channel: true}
		for range m {
			out[i] = append(out[i], g.about(g.unused(used)))
		}
	}
	return out
}

// constant holds for everybody: each of its clauses asks for a number that all have; or for nobody.
func (g *generator) constant(holds bool) [][]int {
	var out [][]int
	for _, a := range g.random.Perm(len(g.Attributes)) {
		if attr := g.Attributes[a]; attr.Kind == Number && len(out) < 4 {
			atom := Atom{Attribute: a, Op: AtLeast, Number: -g.random.Int64N(1000)}
			if !holds {
				atom.Op = Below
			}
			out = append(out, []int{len(g.Atoms)})
			g.Atoms = append(g.Atoms, atom)
		}
	}
	return out
}
