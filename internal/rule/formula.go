package rule

// Op tells what a Formula is.
type Op uint8

// The forms of a Formula.
const (
	// All is true where all of its parts are; without parts it is always true.
	All Op = iota
	// Any is true where at least one of its parts is; without parts it never is.
	Any
	// Leaf is true where its predicate is.
	Leaf
)

// Formula says exactly when a rule is true, or false, of some facts: it has no "not", for CEL's logic has three values. Where a part of a rule
// fails, neither the part nor its negation is true, and && and || are the same as here: an error only counts where the other side does not
// decide. So each predicate comes with its own negation, and a rule and its negation have two formulas (negation normal form in Kleene's strong
// three-valued logic). Segments are taken in. A Formula is immutable, and parts may be shared.
type Formula struct {
	Op   Op
	Of   []*Formula
	Leaf *Predicate
	// size counts the predicates, those of shared parts as often as they are there.
	size int
}

// Kind is the type of an attribute's values.
type Kind uint8

// The types of attributes. Enums are Int.
const (
	Text Kind = iota
	Int
	Double
	Bool
	Texts
)

// Attribute is something of a request that predicates ask about: a field, a custom attribute, the days since a date, the size of a list.
// Attributes of one Set are interned: the same one is the same pointer.
type Attribute struct {
	// ID counts the attributes of the Set from 0.
	ID   int
	Name string // as rules write it, for example customer.visits.total
	Kind Kind
	// Stage marks moment.stage, the only attribute that differs between the stages of a journey.
	Stage bool
	// Costly marks what takes longer to read than a field, such as the days to an occasion.
	Costly bool
	// Presence is, for has(x) of a custom attribute, the name x: what is not there is not true of any predicate about x either.
	Presence string
	// optional marks what cannot always be read: what can is never absent.
	optional bool
	reader
}

// Read reads the attribute from the facts. Of v it sets Absent and what the attribute's kind needs.
func (a *Attribute) Read(f *Facts, v *Value) {
	var ok bool
	switch a.Kind {
	case Text:
		v.Text, ok = a.text(f)
	case Double:
		v.Double, ok = a.double(f)
	case Texts:
		v.Texts, ok = a.texts(f)
	default:
		v.Int, ok = a.int(f)
	}
	v.Absent = !ok
}

// Text reads an attribute of this kind, and tells whether it is there. The others do so for theirs.
func (a *Attribute) Text(f *Facts) (string, bool) { return a.text(f) }

// Int reads an Int or a Bool, as 0 or 1.
func (a *Attribute) Int(f *Facts) (int64, bool) { return a.int(f) }

// Double reads a Double.
func (a *Attribute) Double(f *Facts) (float64, bool) { return a.double(f) }

// Texts reads a list.
func (a *Attribute) Texts(f *Facts) ([]string, bool) { return a.texts(f) }

// Value is what a request has of an attribute.
type Value struct {
	// Absent marks what cannot be read, for example a custom attribute that was not sent: no predicate is true of it.
	Absent bool
	Text   string
	Int    int64 // Bool: 0 or 1
	Double float64
	Texts  []string
}

// Test tells how a predicate asks.
type Test uint8

// What predicates ask of an attribute.
const (
	// In is true of the listed values, NotIn of all others (NaN among them). A Bool is always asked by In. NotIn of nothing, and Disjoint
	// from nothing, are true of all that can be read.
	In Test = iota
	NotIn
	// Between is true of the numbers within bounds. NaN is not.
	Between
	// Intersects is true of lists with any of the listed texts, Disjoint of those with none.
	Intersects
	Disjoint
	// Opaque is what is not understood: a part of a rule that CEL evaluates. It has no attribute.
	Opaque
)

// Predicate is a question about one attribute, or an opaque one. Predicates of one Set are interned: the same question is the same pointer.
type Predicate struct {
	// ID counts the predicates of the Set from 0; negative: one that is not interned yet.
	ID        int
	Attribute *Attribute
	Test      Test
	// In, NotIn, Intersects and Disjoint list texts, ints (a Bool's 0 or 1) or doubles, in order and each once.
	Texts   []string
	Ints    []int64
	Doubles []float64
	// Between has the bounds of an Int, both included, or those of a Double.
	MinInt, MaxInt   int64
	Min, Max         float64
	OpenMin, OpenMax bool // the bound itself is excluded
	// ByStage tells of an opaque predicate that it reads moment.stage.
	ByStage bool
	// part is what an opaque predicate evaluates, want what it asks it to be.
	part *part
	want verdict
}
