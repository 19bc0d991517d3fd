package memstore

import "container/heap"

// numbers tells which numbers from 1 are taken, and the smallest that is not.
type numbers struct {
	taken map[int64]bool
	// highest is the highest number ever taken. Each number up to it is taken or in freed.
	highest int64
	// freed are numbers that were taken once. Those taken again may still be in it, some more than once.
	freed lowest
}

func newNumbers() numbers { return numbers{taken: make(map[int64]bool)} }

// next returns the smallest number that is not taken.
func (n *numbers) next() int64 {
	for len(n.freed) > 0 && n.taken[n.freed[0]] {
		heap.Pop(&n.freed)
	}
	if len(n.freed) > 0 {
		return n.freed[0]
	}
	return n.highest + 1
}

// take takes a number: one of next, or one that was free for a moment. 0 is none.
func (n *numbers) take(number int64) {
	if number != 0 {
		n.taken[number] = true
		n.highest = max(n.highest, number)
	}
}

// free gives a number back. 0 is none.
func (n *numbers) free(number int64) {
	if number != 0 {
		delete(n.taken, number)
		heap.Push(&n.freed, number)
	}
}

// lowest is a heap with the smallest number first.
type lowest []int64

func (h lowest) Len() int           { return len(h) }
func (h lowest) Less(i, j int) bool { return h[i] < h[j] }
func (h lowest) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push is for container/heap.
func (h *lowest) Push(x any) { *h = append(*h, x.(int64)) }

// Pop is for container/heap.
func (h *lowest) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
