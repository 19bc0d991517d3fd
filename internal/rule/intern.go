package rule

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"
)

// interned keeps what the rules of one set share: the same question is the same pointer, so that whoever asks many rules asks it once.
type interned struct {
	mu         sync.Mutex
	names      map[string]*Attribute // guarded by mu, as all below
	attributes []*Attribute
	predicates map[string]*Predicate
	count      int
	parts      map[string]*part
	partCount  int
}

func newInterned() *interned {
	return &interned{names: map[string]*Attribute{}, predicates: map[string]*Predicate{}, parts: map[string]*part{}}
}

func (n *interned) attribute(name string, f field) *Attribute {
	n.mu.Lock()
	defer n.mu.Unlock()
	a := n.names[name]
	if a == nil {
		a = &Attribute{ID: len(n.attributes), Name: name, Kind: f.kind, Stage: name == stagePath, Costly: f.costly, Presence: f.presence, optional: f.optional, reader: f.reader}
		n.names[name] = a
		n.attributes = append(n.attributes, a)
	}
	return a
}

// predicate returns the predicate of the set that asks the same.
func (n *interned) predicate(p *Predicate) *Predicate {
	var buffer [128]byte
	key := p.key(buffer[:0])
	n.mu.Lock()
	defer n.mu.Unlock()
	same := n.predicates[string(key)]
	if same == nil {
		same, p.ID = p, n.count
		n.count++
		n.predicates[string(key)] = same
	}
	return same
}

// key writes all that tells a predicate from others.
func (p *Predicate) key(b []byte) []byte {
	b = append(b, byte(p.Test))
	if p.Test == Opaque {
		b = binary.AppendVarint(b, int64(p.part.index))
		return append(b, byte(p.want))
	}
	b = binary.AppendVarint(b, int64(p.Attribute.ID))
	for _, s := range p.Texts {
		b = append(binary.AppendVarint(b, int64(len(s))), s...)
	}
	for _, i := range p.Ints {
		b = binary.AppendVarint(b, i)
	}
	for _, d := range p.Doubles {
		b = appendDouble(b, d)
	}
	if p.Test == Between && p.Attribute.Kind == Int {
		return binary.AppendVarint(binary.AppendVarint(b, p.MinInt), p.MaxInt)
	}
	if p.Test == Between {
		return append(appendDouble(appendDouble(b, p.Min), p.Max), byte(oneIf(p.OpenMin)), byte(oneIf(p.OpenMax)))
	}
	return b
}

func appendDouble(b []byte, d float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(d))
}

// intern replaces the predicates of a formula by those of the set. Formulas of segments are so already.
func (n *interned) intern(x *Formula) {
	if x.Op == Leaf {
		if x.Leaf.ID < 0 {
			x.Leaf = n.predicate(x.Leaf)
		}
		return
	}
	for _, of := range x.Of {
		n.intern(of)
	}
}

// Attributes returns all attributes that the rules of the set ask about, by ID.
func (s *Set) Attributes() []*Attribute {
	s.interned.mu.Lock()
	defer s.interned.mu.Unlock()
	return slices.Clone(s.interned.attributes)
}

// Predicates returns how many predicates the rules of the set have. Those of a negation that nobody asked for yet are not among them.
func (s *Set) Predicates() int {
	s.interned.mu.Lock()
	defer s.interned.mu.Unlock()
	return s.interned.count
}
