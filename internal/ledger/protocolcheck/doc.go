// Package protocolcheck checks the order of steps by which a claim stays right where its keys live in different slots of a Redis Cluster.
// It holds tests only: a model of the protocol, a search through every state that the model can reach, and faults that it must find.
//
// # The problem
//
// C is the customer's record, the only place where a claim is decided. L is a limit: stock or a budget, shared by all customers. Each of
// the two changes in one atomic step, but never both in one. Between any two steps a process may crash, pause for an hour, or be
// overtaken by a retry, a Cancel or a reaper.
//
// # The protocol
//
// Always: reserve L, then write C, then post or release L.
//
//	          first, in L         then, in C, if it says  and writes                       last, in L
//	Claim     reserve L --------> absent                  write C HELD
//	          refused ----------> absent                  write C DENIED ----------------> release L
//	Confirm                       HELD                    write C CONFIRMED -------------> post L
//	  late    reserve L late ---> EXPIRED                 write C CONFIRMED late --------> post L
//	          no room, tombstone: EXPIRED                 write C OVER_LIMIT
//	Cancel                        HELD or absent          write C CANCELLED -------------> release L
//	Reaper    reap L -----------> HELD or absent          write C EXPIRED ---------------> release L
//	          (an entry is   or:  CONFIRMED               nothing -----------------------> post L
//	          overdue)       or:  anything else           nothing -----------------------> release L
//
// What makes it hold, each with the fault in faults_test.go that shows why:
//
//   - L is a map by claim id, and its steps are idempotent (bareCounter). It never expires by itself (limitTTL).
//   - C is written with compare-and-set (blindWrite). What has ended stays as it is, for as long as its token is good (prunedEarly).
//   - L releases only after C has a record that ended the claim: a refusal after the reservation (refusalUnrecorded), a Cancel
//     (cancelReleasesFirst), and a reaper or a Cancel that finds nothing in C and leaves a tombstone (reaperNoTombstone,
//     cancelNoTombstone). Otherwise a claimer that was asleep wakes up and gives what is no longer reserved.
//   - CONFIRMED in C comes before the post (postFirst) and before the answer (answerFirst). A reaper posts it (confirmedReleased).
//   - A late Confirm reserves again (lateUnreserved), under an id of its own, since a release of the old one may still be on its way
//     (lateOldID). To the reaper that id is like any other: absent in C, it gets a tombstone before L releases (lateNoTombstone). A late
//     Confirm that finds the tombstone takes another id or records OVER_LIMIT, and never drops the delivery.
//
// A store that loses the race for C after it reserved needs no record of that, if it leaves the unit to the reaper. It must not release.
//
// # The model
//
// Four claims of three customers, the first of whom is after two at once, with 1 and with 2 units; fewer are contained, since a claim may
// stay away. Whatever a process has read or decided is a flag that is never cleared, so that it may take effect at once, later, twice, or
// never. That covers a crash at any point, pauses, repeated messages, and any number of attempts of each claim, of confirmations, of
// cancellations and of reapers: more than the usual two of each, in fewer states. There is no clock: what can expire may expire at any
// moment, and cooldowns do not end.
//
// The search is breadth first and complete, so that the trace it prints for a broken promise is a shortest one. The only reduction is that
// claims which are interchangeable are sorted. A claim with several limits is covered by one: an entry concerns nothing but itself and the
// room in its own limit, and a claim may be refused after its reservation for any reason, such as that another limit is full.
//
// Left out: that writes survive (durability: replicated), amounts other than one unit, refunds of what was posted, and what a retry is
// answered, which is what C says.
package protocolcheck
