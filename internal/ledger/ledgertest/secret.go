package ledgertest

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/surprise-service/surprised/internal/ledger"
)

func secretChecks() []check {
	return []check{
		{"secret/the first candidate stays", checkSecretStays},
		{"secret/each name has its own", checkSecretNames},
		{"secret/of 50 callers at once all get the same", checkSecretRace},
	}
}

func (u user) secret(name, candidate string) string {
	u.Helper()
	got, err := u.s.Secret(u.ctx, name, []byte(candidate))
	if err != nil {
		u.Errorf("Secret: %v", err)
	}
	return string(got)
}

func checkSecretStays(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	first := "\x00\xff\r\n first"
	for _, candidate := range []string{first, "second", first} {
		if got := u.secret("token key", candidate); got != first {
			t.Errorf("candidate %q: got %q, want %q", candidate, got, first)
		}
	}
}

func checkSecretNames(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	u.secret("a", "secret of a")
	u.secret("b", "secret of b")
	if got := u.secret("a", "other"); got != "secret of a" {
		t.Errorf("got %q, want the secret of a", got)
	}
}

func checkSecretRace(t TB, s ledger.Store) {
	u, stop := use(t, s)
	defer stop()
	got := make([][]byte, 50)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() { got[i] = []byte(u.secret("shared", fmt.Sprintf("candidate %d", i))) })
	}
	all.Wait()
	for i := range got {
		if len(got[i]) == 0 || !bytes.Equal(got[i], got[0]) {
			t.Errorf("caller %d got %q, caller 0 got %q", i, got[i], got[0])
		}
	}
}
