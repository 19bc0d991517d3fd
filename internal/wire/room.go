package wire

const (
	// most is how many values of a kind room is kept for, at most. A message that has more of them gets room of its own.
	most = 64
	// first is for how many room is made at first.
	first = 2
)

// room has values of one type that are used again.
type room[T any] struct {
	slab []T
	used int
	// over is how many are in use beyond the slab, from smaller ones before it; they stay with the message that has them.
	over int
	// usual is how many were in use at once.
	usual int
}

// next returns a value that is empty.
func (r *room[T]) next() *T {
	if r.full() {
		r.grow(max(first, r.over+r.used))
	}
	r.used++
	return &r.slab[r.used-1]
}

func (r *room[T]) full() bool { return r.used == len(r.slab) }

// grow makes room for n values more.
func (r *room[T]) grow(n int) {
	r.over += r.used
	r.slab, r.used = make([]T, min(max(n, r.usual), most)), 0
}

// clear empties the values that are in use. Messages are empty as new ones are, with all that the library keeps in them.
func (r *room[T]) clear() {
	if r.over > 0 { // next time there is one slab for all
		r.usual = min(r.over+r.used, most)
		r.slab, r.used, r.over = nil, 0, 0
	}
	clear(r.slab[:r.used])
	r.used = 0
}

// lists cuts lists of one type out of one slab that is used again. Of all lists the last one can grow there. That is enough where the items of a
// list come one after the other, as they are written; others grow as slices do.
type lists[T any] struct {
	slab []T
	last int // where the last list begins
}

// add appends to a list that began as nil.
func (l *lists[T]) add(list []T, item T) []T {
	switch {
	case list == nil:
		l.last = len(l.slab)
	case l.last+len(list) != len(l.slab) || &list[0] != &l.slab[l.last]:
		return append(list, item)
	}
	l.slab = append(l.slab, item)
	return l.slab[l.last:len(l.slab):len(l.slab)]
}

// clear lets go of all items.
func (l *lists[T]) clear() {
	if cap(l.slab) > most {
		l.slab = nil
	}
	clear(l.slab)
	l.slab, l.last = l.slab[:0], 0
}
