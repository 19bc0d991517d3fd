// Package history holds the ledger to what it promises over whole histories of calls, on every store. It has tests only:
//
//   - a state machine that compares each answer with a small specification of its own, and what the store holds with what records and log say
//     (machine_test.go, spec*_test.go, ground_test.go);
//   - concurrent histories whose answers must be those of some order of the calls, lost replies included (linear*_test.go, lossy_test.go), and stores
//     broken on purpose, which must be found out (broken_test.go);
//   - tills that were offline and repeat a day's calls in any order (offline_test.go), and figures over many claims (figures_test.go).
//
// stores_test.go lists the stores and starts their servers. With SURPRISED_SOAK set the tests run as long as a night has time for.
package history
