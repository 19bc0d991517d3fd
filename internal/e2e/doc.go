// Package e2e has only tests: each of the eight services from a recommendation to its end, over gRPC against the whole program, on a bbolt file and
// on a real Redis.
package e2e
