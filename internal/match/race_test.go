//go:build race

package match_test

// raced tells that the race detector is on, which makes sync.Pool forget on purpose.
const raced = true
