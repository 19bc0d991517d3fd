package ledgertest

import (
	"bytes"
	"slices"
	"strings"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/surprise"
)

func recordChecks() []check {
	return []check{
		{"record/missing has version 0", checkMissing},
		{"record/versions count from 1", checkVersions},
		{"record/load keeps the order of keys", checkLoadOrder},
		{"record/load of no keys", checkLoadNothing},
		{"record/without data exists", checkEmptyRecord},
		{"record/any byte is kept", checkBinaryRecord},
		{"record/1 MB is kept", checkLargeRecord},
		{"record/loaded bytes stay", checkLoadedBytesStay},
		{"ping", checkPing},
	}
}

func checkMissing(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	if got := u.load(key(1))[0]; got.Version != 0 || len(got.Data) != 0 {
		t.Errorf("a record that was never written: got %+v, want version 0 without data", got)
	}
}

func checkVersions(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	for i, data := range []string{"first", "second", "third"} {
		u.apply(ledger.Change{Key: key(1), Expect: uint64(i), Data: []byte(data)})
		u.wantRecord(key(1), uint64(i)+1, data)
	}
	u.wantRecord(key(2), 0, "")
}

func checkLoadOrder(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(1), "one")
	u.put(key(2), "two")
	u.put(key(2), "two again")

	keys := []surprise.CustomerKey{key(2), key(9), key(1), key(2), {}}
	want := []string{"two again", "", "one", "two again", ""}
	versions := []uint64{2, 0, 1, 2, 0}
	for i, got := range u.load(keys...) {
		if got.Version != versions[i] || string(got.Data) != want[i] {
			t.Errorf("answer %d: got version %d with %q, want version %d with %q", i, got.Version, got.Data, versions[i], want[i])
		}
	}
}

func checkLoadNothing(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.load()
	u.usage()
}

func checkEmptyRecord(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.apply(ledger.Change{Key: key(1)})
	u.wantRecord(key(1), 1, "")
	u.put(key(1), "filled")
	u.wantRecord(key(1), 2, "filled")
}

func checkBinaryRecord(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	var data []byte
	for b := range 256 {
		data = append(data, byte(b), '\r', '\n')
	}
	u.put(key(1), string(data))
	u.wantRecord(key(1), 1, string(data))
}

func checkLargeRecord(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	large := strings.Repeat("surprise", 1<<17)
	u.put(key(1), large)
	u.put(key(2), "small")
	u.wantRecord(key(1), 1, large)
	u.put(key(1), large[1:])
	u.wantRecord(key(1), 2, large[1:])
	u.wantRecord(key(2), 1, "small")
}

// checkLoadedBytesStay catches a store that hands out memory which it uses again.
func checkLoadedBytesStay(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.put(key(9), strings.Repeat("x", 5000)) // some stores treat little data in another way
	u.put(key(1), "as it was")
	got := u.load(key(1))[0].Data
	want := slices.Clone(got)
	for n := range 100 {
		u.put(key(n%5), strings.Repeat("#", 10*n))
	}
	if !bytes.Equal(got, want) {
		t.Errorf("bytes from Load after later changes: got %.20q, want %q", got, want)
	}
}

func checkPing(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	if err := s.Ping(u.ctx); err != nil {
		t.Errorf("Ping: %v", err)
	}
}
