package recommend

// Much that gates ask for is the same for many templates of a decision. It is found when it is first asked for, and once.

// once is one such thing.
type once[T any] struct {
	known bool
	value T
}

func (m *once[T]) get(find func() T) T {
	if !m.known {
		m.value, m.known = find(), true
	}
	return m.value
}

// usualKeys is how many a memo has room for at first.
const usualKeys = 6

// memo is several of them, by key: so few that looking through them is faster than a map.
type memo[K comparable, T any] []struct {
	key   K
	value T
}

func (m *memo[K, T]) get(key K, find func() T) T {
	for i := range *m {
		if (*m)[i].key == key {
			return (*m)[i].value
		}
	}
	value := find()
	if *m == nil {
		*m = make(memo[K, T], 0, usualKeys)
	}
	*m = append(*m, struct {
		key   K
		value T
	}{key, value})
	return value
}
