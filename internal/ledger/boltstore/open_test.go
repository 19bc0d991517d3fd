package boltstore_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/surprise-service/surprised/internal/ledger/boltstore"
)

func TestOpenCreatesPrivately(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	open(t, filepath.Join(dir, "ledger.db"))
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "ledger.db"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: got mode %o, want %o", path, got, want)
		}
	}
}

// TestOpenRefuses has every error say what is wrong and what to do.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		name, path string
		want       []string
	}{
		{"no path", "", []string{"no path given", "name the file"}},
		{"a folder", dir, []string{"it is a folder", filepath.Join(dir, "surprised.db")}},
		{"a device", os.DevNull, []string{"not a regular file"}},
		{"a file as folder", filepath.Join(write(t, []byte("x")), "ledger.db"), []string{"not a directory", "name a file"}},
		{"a short foreign file", write(t, []byte("shopping list")), []string{"not a ledger file", "name another"}},
		{"a long foreign file", write(t, bytes.Repeat([]byte("shopping list\n"), 5000)), []string{"not a ledger file", "name another"}},
		{"zeroes", write(t, make([]byte, 1<<16)), []string{"not a ledger file", "put back a backup"}},
		{"another program's bbolt file", bboltFile(t, "widgets", nil), []string{"another program", "name another"}},
		{"another program's meta", bboltFile(t, "meta", nil), []string{"another program", "name another"}},
		{"a newer format", bboltFile(t, "meta", binary.BigEndian.AppendUint64(nil, 2)), []string{"format 2", "only 1", "newer"}},
		{"missing buckets", bboltFile(t, "meta", binary.BigEndian.AppendUint64(nil, 1)), []string{"damaged", "missing", "backup"}},
		{"a file cut in half", cut(t, func(used int64) int64 { return used / 2 }), []string{"damaged", "backup"}},
		{"a file without its last page", cut(t, func(used int64) int64 { return used - 1 }), []string{"damaged", "are left", "backup"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := boltstore.Open(tt.path, boltstore.Options{})
			if err == nil {
				_ = s.Close()
				t.Fatal("Open: got no error")
			}
			for _, want := range append(tt.want, "boltstore: open "+tt.path) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("Open: got error %q, want %q in it", err, want)
				}
			}
		})
	}
}

func TestOpenWithoutPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("the superuser may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "ledger.db"), filepath.Join(dir, "new", "ledger.db")} {
		_, err := boltstore.Open(path, boltstore.Options{})
		if err == nil || !strings.Contains(err.Error(), "permission denied") || !strings.Contains(err.Error(), "may write to") {
			t.Errorf("Open of %s: got error %v, want one about permission", path, err)
		}
	}
}

func TestOpenLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	first := open(t, path)
	start := time.Now()
	_, err := boltstore.Open(path, boltstore.Options{LockTimeout: 100 * time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "another process has it open") || !strings.Contains(err.Error(), "stop that process") {
		t.Errorf("Open of a locked file: got error %v", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("Open of a locked file took %s, want about 100ms", took)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func write(t *testing.T, content []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// bboltFile makes a file with one bucket, and a format in it where there is one.
func bboltFile(t *testing.T, bucket string, format []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte(bucket))
		if err != nil || format == nil {
			return err
		}
		return b.Put([]byte("format"), format)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// cut makes a ledger file that lost its end.
func cut(t *testing.T, left func(used int64) int64) (path string) {
	t.Helper()
	path = filled(t)
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	var used int64
	if err := db.View(func(tx *bbolt.Tx) error { used = tx.Size(); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, left(used)); err != nil {
		t.Fatal(err)
	}
	return path
}
