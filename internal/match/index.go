package match

import (
	"slices"
	"sync"

	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/rule"
)

// Index finds the templates that fit as Scan does, without asking each. The package comment tells how.
type Index struct {
	scan *Scan
	*layout
	*checks
	rows     []Match  // what is found by a row, At by the column of the first stages; dead ones have no template
	fields   []*field // the most selective first
	factors  []float64
	stages   [][]place // by position in a journey
	channels channelColumns
	*planes
	// special are the rows that have checks, and those of the same template as the row before.
	special bitset
	columns int
	// bits are the columns, block after block: block b has the words of column c from (b*columns+c)*words on.
	bits []uint64
	pool *sync.Pool
}

var _ Matcher = (*Index)(nil)

// place is where a stage is in the index.
type place struct {
	of             *catalog.Stage
	column, factor int
}

// place returns that of a stage; the catalogue may not have it.
func (ix *Index) place(stage *catalog.Stage) (p place, ok bool) {
	if stage.Position < len(ix.stages) {
		for _, p := range ix.stages[stage.Position] {
			if p.of == stage {
				return p, true
			}
		}
	}
	return place{}, false
}

// NewIndex indexes a catalogue. Ceiling must bound the score, and not fall as the factor of a stage rises; where it is nil, nothing is known of
// scores, and the order of templates is that of the catalogue.
func NewIndex(cat *catalog.Catalog, ceiling Ceiling) *Index {
	return newIndex(cat, ceiling, usual())
}

func newIndex(cat *catalog.Catalog, ceiling Ceiling, tune tuning) *Index {
	b := &builder{Index: &Index{scan: NewScan(cat), pool: &sync.Pool{}}, cat: cat, tune: tune, numbers: map[*rule.Predicate]int32{}, byAttr: map[*rule.Attribute]*usage{}, checker: newChecker()}
	b.build(ceiling)
	return b.Index
}

// builder makes an index.
type builder struct {
	*Index
	cat       *catalog.Catalog
	tune      tuning
	stageList []*catalog.Stage
	// preds are the predicates of rows by number.
	preds   []asked
	numbers map[*rule.Predicate]int32
	byAttr  map[*rule.Attribute]*usage
	usages  []*usage
	stageOf [][]*rule.Predicate // by row: what it asks of the stage
	checker *checker
	// clauses are those of each plane, in the order of the rows.
	clauses [][]clause
}

func (b *builder) build(ceiling Ceiling) {
	for _, id := range b.cat.JourneyIDs() {
		b.stageList = append(b.stageList, b.cat.Journey(id).Stages...)
	}
	b.factors = factorsOf(b.stageList)
	b.layout = newLayout(b.cat.Templates, b.expand(), ceilingsOf(b.cat.Templates, b.factors, ceiling), b.tune.rows)
	b.cluster(b.stageList)
	b.gather()
	columns, checks := plan(b.usages, b.preds, b.layout, b.tune.check)
	for _, u := range checks {
		b.check(u.asks)
		u.asks = nil
	}
	b.planPlanes()
	b.makeFields(columns)
	b.checks = b.checker.finish(len(b.lines))
	b.placeColumns()
	b.fill()
}

// expand returns the rows of each template.
func (b *builder) expand() [][]conjunction {
	const batch = 1024
	out := make([][]conjunction, len(b.cat.Templates))
	parallel((len(out)+batch-1)/batch, func(i int) {
		e := newExpander()
		for j := i * batch; j < min((i+1)*batch, len(out)); j++ {
			out[j] = e.rows(b.cat.Templates[j].Rule)
		}
	})
	return out
}

// gather sorts what rows ask by attribute.
func (b *builder) gather() {
	b.rows, b.stageOf = make([]Match, len(b.lines)), make([][]*rule.Predicate, len(b.lines))
	for row, l := range b.lines {
		if l.template != nil {
			b.rows[row] = Match{Template: l.template, Most: l.most, Position: l.template.Position}
		}
		for _, p := range l.preds {
			switch {
			case implied(p, l.preds):
			case p.Test == rule.Opaque:
				b.checker.ask(row, b.checker.predicate(p))
			case p.Attribute.Stage:
				b.stageOf[row] = append(b.stageOf[row], p)
			default:
				b.use(row, p)
			}
		}
		b.useClauses(row, l.clauses)
		for _, f := range l.trees {
			b.checker.ask(row, b.checker.formula(f))
		}
		if l.whole {
			b.checker.ask(row, b.checker.whole(l.template.Rule))
		}
	}
}

// implied tells that a predicate asks only whether an attribute is there, where others ask more of it.
func implied(p *rule.Predicate, by []*rule.Predicate) bool {
	return p.Test == rule.In && p.Attribute.Presence != "" && slices.Contains(p.Ints, 1) &&
		slices.ContainsFunc(by, func(q *rule.Predicate) bool { return q.Attribute != nil && q.Attribute.Name == p.Attribute.Presence })
}

func (b *builder) use(row int, p *rule.Predicate) {
	u := b.usageOf(p.Attribute)
	u.asks = append(u.asks, b.ask(row, p))
}

func (b *builder) ask(row int, p *rule.Predicate) ask {
	n, ok := b.numbers[p]
	if !ok {
		n = int32(len(b.preds)) //nolint:gosec // as many as there are rules
		b.numbers[p] = n
		b.preds = append(b.preds, asked{Predicate: p})
	}
	b.preds[n].rows++
	return ask{int32(row), n} //nolint:gosec // rows are far below 2 billion
}

func (b *builder) usageOf(a *rule.Attribute) *usage {
	u := b.byAttr[a]
	if u == nil {
		u = &usage{attr: a}
		b.byAttr[a] = u
		b.usages = append(b.usages, u)
	}
	return u
}

func (b *builder) check(asks []ask) {
	for _, a := range asks {
		b.checker.ask(int(a.row), b.checker.predicate(b.preds[a.pred].Predicate))
	}
}

// makeFields gives attributes their slots as long as there is memory for the columns. Those that come too late are checks.
func (b *builder) makeFields(usages []*usage) {
	usages = b.withPlanes(usages)
	left := b.room(len(b.lines))
	fields, unsure := make([]*field, len(usages)), make([][]ask, len(usages))
	share := min(b.tune.slots, max(minSlots, left/2))
	parallel(len(usages), func(i int) { fields[i], unsure[i] = newField(usages[i], b.preds, share) })
	for i, f := range fields {
		if n := f.columns(); n > left {
			b.check(usages[i].asks)
			f.asks = nil
			continue
		}
		left -= f.columns()
		b.check(unsure[i])
	}
	b.takePlanes(fields, left)
	b.fields = slices.DeleteFunc(fields, func(f *field) bool { return len(f.asks) == 0 && !f.inPlanes(len(b.clauses)) })
}

// room is how many columns there is memory for, by the number of rows that they are for.
func (b *builder) room(rows int) int {
	return (bytesAtLeast + bytesPerRow*rows) / (8 * b.words * b.blocks)
}
