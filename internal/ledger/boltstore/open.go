package boltstore

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// format is the version of the layout that this package writes.
const format = 1

const defaultLockTimeout = time.Second

// Open opens the file at path, or creates it, with its folder if need be; only the owner may read them. Every error says what to do.
func Open(path string, opts Options) (*Store, error) {
	s, err := open(path, cmp.Or(opts.LockTimeout, defaultLockTimeout))
	if err != nil {
		return nil, fmt.Errorf("boltstore: open %s: %w", path, err)
	}
	return s, nil
}

func open(path string, wait time.Duration) (*Store, error) {
	if err := lookAt(path); err != nil {
		return nil, err
	}
	db, err := openFile(path, wait)
	if err != nil {
		return nil, err
	}
	if err := prepare(db, path); err != nil {
		var damage *damageError
		if !errors.As(err, &damage) { // a transaction that broke over damage may hold bbolt's locks, and Close would wait for it
			_ = db.Close() // the first error says more
		}
		return nil, err
	}
	return &Store{path: path, db: db, committer: newCommitter(db)}, nil
}

// lookAt finds out what bbolt would only say in riddles, and makes the folder.
func lookAt(path string) error {
	if path == "" {
		return errors.New("no path given: name the file to keep the ledger in")
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("it is a folder: name a file in it, such as %s", filepath.Join(path, "surprised.db"))
	case err == nil && !info.Mode().IsRegular():
		return errors.New("it is not a regular file: name another")
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return access(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return access(err)
	}
	return nil
}

// openFile has bbolt open the file. Where bbolt panics over what is in it, the file stays locked until the process ends, as that is
// all that is left to do.
func openFile(path string, wait time.Duration) (db *bbolt.DB, err error) {
	err = survive(func() (err error) {
		db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout:      wait,
			FreelistType: bbolt.FreelistMapType, // stays fast when much of a large file is free
		})
		return err
	})
	return db, explainOpen(err, wait)
}

// explainOpen tells a file that is in use from one that can't be reached, and both from one that is not ours.
func explainOpen(err error, wait time.Duration) error {
	var pathErr *fs.PathError
	var errno syscall.Errno
	var damage *damageError
	switch {
	case err == nil, errors.As(err, &damage):
		return err
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("another process has it open (waited %s): stop that process, or give this one a file of its own", wait)
	case errors.As(err, &pathErr), errors.As(err, &errno):
		return access(err)
	}
	return fmt.Errorf("it is not a ledger file, or damaged (%w): name another file, or put back a backup", err)
}

// access explains an error of the operating system.
func access(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: make room on the disk", err)
	}
	return fmt.Errorf("%w: name a file in a folder that this user may write to", err)
}

// prepare makes sure that the file is ours and whole as far as that is cheap to see, and makes a new one usable.
func prepare(db *bbolt.DB, path string) error {
	var empty, complete bool
	err := survive(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			first, _ := tx.Cursor().First()
			empty = first == nil
			if empty {
				return nil
			}
			if err := checkSize(tx, path); err != nil {
				return err
			}
			complete = isComplete(tx)
			return checkBuckets(tx)
		})
	})
	if err != nil || complete {
		return err
	}
	if err := survive(func() error { return db.Update(makeBuckets) }); err != nil || !empty {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// firstBuckets are those that every file has; laterBuckets are missing in files from before they were invented.
func firstBuckets() []string {
	return []string{customersBucket, dueBucket, limitsBucket, secretsBucket}
}

func laterBuckets() []string { return []string{freedBucket, indexBucket, membersBucket, eventsBucket} }

// isComplete tells whether a file has the later buckets too.
func isComplete(tx *bbolt.Tx) bool {
	return !slices.ContainsFunc(laterBuckets(), func(name string) bool { return tx.Bucket([]byte(name)) == nil })
}

// checkSize finds a file that lost its end.
func checkSize(tx *bbolt.Tx, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() < tx.Size() {
		return &damageError{what: fmt.Sprintf("%d bytes of %d are left", info.Size(), tx.Size())}
	}
	return nil
}

// makeBuckets creates the buckets that a file does not have.
func makeBuckets(tx *bbolt.Tx) error {
	for _, name := range slices.Concat([]string{metaBucket}, firstBuckets(), laterBuckets()) {
		if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return err
		}
	}
	return tx.Bucket([]byte(metaBucket)).Put([]byte("format"), putUint64(format))
}

// checkBuckets touches the first and last page of each bucket, which bbolt panics over where they are damaged.
func checkBuckets(tx *bbolt.Tx) error {
	if err := checkFormat(tx); err != nil {
		return err
	}
	for _, name := range firstBuckets() {
		if tx.Bucket([]byte(name)) == nil {
			return &damageError{what: fmt.Sprintf("bucket %q is missing", name)}
		}
	}
	for _, name := range slices.Concat(firstBuckets(), laterBuckets()) {
		if b := tx.Bucket([]byte(name)); b != nil {
			b.Cursor().First()
			b.Cursor().Last()
		}
	}
	return nil
}

func checkFormat(tx *bbolt.Tx) error {
	meta := tx.Bucket([]byte(metaBucket))
	if meta == nil {
		return errors.New("it is a bbolt file of another program: name another file")
	}
	value := meta.Get([]byte("format"))
	if len(value) != wordLen {
		return fmt.Errorf("it is a bbolt file of another program, or damaged (format %q): name another file", bytes.Clone(value))
	}
	if found := binary.BigEndian.Uint64(value); found != format {
		return fmt.Errorf("it has format %d, this program knows only %d: use the version of the program that wrote it, or a newer one", found, format)
	}
	return nil
}

// syncFolder makes the new file's name as durable as its content, which bbolt leaves to others.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	return d.Sync()
}
