package boltstore_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/surprise-service/surprised/internal/ledger/boltstore"
)

// childEnv names the file that this test binary writes to when it is started as the process to kill.
const childEnv = "SURPRISED_TEST_BOLT_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		fmt.Fprintln(os.Stderr, writeForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForEver writes customers from several goroutines and prints the number of each one after it is acknowledged.
func writeForEver(path string) error {
	s, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		return err
	}
	var out sync.Mutex
	failed := make(chan error)
	const writers = 8
	for w := range writers {
		go func() {
			for n := w; ; n += writers {
				if err := s.Apply(context.Background(), change(n, []byte(strconv.Itoa(n)))); err != nil {
					failed <- err
				}
				out.Lock()
				fmt.Println(n)
				out.Unlock()
			}
		}()
	}
	return <-failed
}

// TestKill kills a process that writes, and finds every acknowledged change in the file that it left.
func TestKill(t *testing.T) {
	for round := range 5 {
		path := filepath.Join(t.TempDir(), "ledger.db")
		acknowledged := killAfter(t, path, 300+50*round)
		s := open(t, path)
		for _, n := range acknowledged {
			got, err := s.Load(t.Context(), customer(n))
			if err != nil || got[0].Version != 1 || string(got[0].Data) != strconv.Itoa(n) {
				t.Fatalf("acknowledged customer %d after kill -9: got %+v, error %v", n, got, err)
			}
		}
		checkSums(t, s, len(acknowledged))
	}
}

// checkSums compares the limits with the records: each record took one unit, those written but not yet acknowledged too.
func checkSums(t *testing.T, s *boltstore.Store, atLeast int) {
	t.Helper()
	sums, err := s.Usage(t.Context(), "limit 0", "limit 1", "limit 2")
	if err != nil {
		t.Fatal(err)
	}
	records := 0
	for n := range atLeast + 10_000 {
		got, err := s.Load(t.Context(), customer(n))
		if err != nil {
			t.Fatal(err)
		}
		records += int(got[0].Version)
	}
	if total := int(sums[0] + sums[1] + sums[2]); total != records || records < atLeast {
		t.Errorf("after kill -9: %d units taken by %d records, want the same, %d at least", total, records, atLeast)
	}
	events, err := s.Events(t.Context(), "", records+1)
	if err != nil || len(events) != records {
		t.Errorf("after kill -9: %d events of %d records, error %v, want the same", len(events), records, err)
	}
	members, err := s.Range(t.Context(), "wall", nil, records+1, false)
	if err != nil || len(members) != records {
		t.Errorf("after kill -9: %d members of %d records, error %v, want the same", len(members), records, err)
	}
}

// killAfter starts the child, kills it when it has acknowledged so many changes, and returns all that it acknowledged.
func killAfter(t *testing.T, path string, count int) (acknowledged []int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break // a line without its end was not acknowledged in full
		}
		n, convErr := strconv.Atoi(line[:max(0, len(line)-1)])
		if err != nil || convErr != nil {
			t.Fatalf("child printed %q: %v, %v", line, err, convErr)
		}
		acknowledged = append(acknowledged, n)
		if len(acknowledged) == count {
			_ = child.Process.Kill()
		}
	}
	_ = child.Wait() // killed, as intended
	if len(acknowledged) < count {
		t.Fatalf("child ended after %d changes", len(acknowledged))
	}
	return acknowledged
}
