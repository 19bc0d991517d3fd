package boltstore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/surprise-service/surprised/internal/ledger"
)

// damageError is a file that bbolt can't make sense of.
type damageError struct {
	what any
}

func (e *damageError) Error() string {
	return fmt.Sprintf("the file is damaged (%v): stop the service and put back a backup", e.what)
}

// survive turns a panic of f into an error. bbolt panics on pages that are not what it wrote; reading beyond the end of a file that was
// cut short is a fault of the processor, which is a panic only where SetPanicOnFault says so.
func survive(f func() error) (err error) {
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	defer func() {
		if what := recover(); what != nil {
			err = &damageError{what: what}
		}
	}()
	return f()
}

// explain adds the operation and the file to an error, except to those that the contract names.
func (s *Store) explain(op string, err error) error {
	var full *ledger.LimitError
	switch {
	case err == nil, errors.Is(err, ledger.ErrConflict), errors.Is(err, ledger.ErrCursor), errors.As(err, &full), errors.Is(err, errClosed):
		return err
	case errors.Is(err, berrors.ErrDatabaseNotOpen):
		return errClosed
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("boltstore: %s: %w", op, err)
	}
	return fmt.Errorf("boltstore: %s %s: %w", op, s.path, err)
}
