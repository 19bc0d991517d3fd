// Package repo holds tests over the repository itself: what a reader may rely on in every package, and what no compiler
// or linter enforces. It has no code of its own.
package repo
