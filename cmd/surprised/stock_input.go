package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// maxCode is the longest code, in bytes. The service has the same bound.
const maxCode = 200

// fromFile reads a file for an import, shows how far it is, and says in the end what was added.
func (r *importing) fromFile(file string, work func(text io.Reader, advance func()) error) error {
	text, size, closeFile, err := openInput(r.env, file)
	if err != nil {
		return err
	}
	p := &progress{}
	if r.env.isTerminal(r.env.stderr) {
		p.bar = newBar(r.env, size, "importing")
	}
	err = work(p.count(text), func() {
		if p.bar != nil {
			_ = p.bar.Set64(p.read.Load()) // a bar that cannot be drawn stops nothing
		}
	})
	p.finish()
	if err = errors.Join(err, closeFile()); err != nil {
		return r.stopped(file, err)
	}
	fmt.Fprintf(r.env.stdout, "%d added, %d known before\n", r.added, r.known)
	return nil
}

// inputError is what is wrong in the file itself. Each of its lines is a mistake.
type inputError struct{ error }

// stopped says why an import ended before its time, and how far it came.
func (r *importing) stopped(file string, err error) error {
	var bad inputError
	switch {
	case errors.As(err, &bad):
		err = errors.New(displayName(file) + ": " + strings.ReplaceAll(bad.Error(), "\n", "\n"+displayName(file)+": "))
	case errors.Is(err, context.Canceled):
		err = errors.New("interrupted")
	}
	if r.added+r.known == 0 {
		return err
	}
	return fmt.Errorf("%w; %d were added until then: repeat the command, what is there already stays as it is", err, r.added)
}

// count notes what one call did.
func (r *importing) count(added, known int64, advance func(), err error) error {
	if err != nil {
		return err
	}
	r.added += added
	r.known += known
	advance()
	return nil
}

// eachChunk hands the entries of an input over, some at a time.
func eachChunk[T any](next func() (T, error), send func([]T) error) error {
	for {
		chunk, err := gather(next)
		if err != nil {
			return inputError{err}
		}
		if len(chunk) == 0 {
			return nil
		}
		if err := send(chunk); err != nil {
			return err
		}
	}
}

// gather takes entries until a chunk is full; none at the end.
func gather[T any](next func() (T, error)) ([]T, error) {
	var chunk []T
	for len(chunk) < chunkSize {
		entry, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		chunk = append(chunk, entry)
	}
	return chunk, nil
}

// readCodes reads one code a line. Errors name lines, never a code.
func readCodes(text io.Reader) func() (string, error) {
	lines, number := bufio.NewReader(text), 0
	return func() (string, error) {
		for {
			line, err := lines.ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return "", err
			}
			number++
			code := strings.TrimSpace(strings.TrimPrefix(line, "\ufeff")) // the mark that spreadsheets begin a file with
			switch {
			case len(code) > maxCode:
				return "", fmt.Errorf("line %d has more than %d characters; write one code a line", number, maxCode)
			case code != "":
				return code, nil
			case err != nil:
				return "", io.EOF
			}
		}
	}
}

// oneByOne goes through what is in memory.
func oneByOne[T any](all []T) func() (T, error) {
	return func() (first T, err error) {
		if len(all) == 0 {
			return first, io.EOF
		}
		first, all = all[0], all[1:]
		return first, nil
	}
}

// slotColumns are those that a table of slots may have; the first three it must have.
func slotColumns() []string { return []string{"id", "starts", "ends", "adviser", "places"} }

// maxProblems is how many mistakes of a table are told at once.
const maxProblems = 10

// readSlots reads a table of slots. The error tells every mistake with its line and column.
func readSlots(text io.Reader) ([]*surprisev1.Slot, error) {
	rows := csv.NewReader(text)
	rows.ReuseRecord, rows.TrimLeadingSpace = true, true
	header, err := readSlotHeader(rows)
	if err != nil {
		return nil, err
	}
	var slots []*surprisev1.Slot
	var problems []error
	for len(problems) < maxProblems {
		fields, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil { // it names line and column itself
			return nil, errors.Join(append(problems, err)...)
		}
		slot, bad := readSlot(rows, header, fields)
		slots, problems = append(slots, slot), append(problems, bad...)
	}
	return slots, errors.Join(problems...)
}

// readSlotHeader returns the name of each column.
func readSlotHeader(rows *csv.Reader) ([]string, error) {
	fields, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty; its first line must name the columns id, starts, ends, and may name adviser, places")
	}
	if err != nil {
		return nil, err
	}
	var header []string
	for i, name := range fields {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		switch {
		case !slices.Contains(slotColumns(), name):
			return nil, fmt.Errorf("line 1, column %d: there is no column %q; columns are %s", i+1, name, strings.Join(slotColumns(), ", "))
		case slices.Contains(header, name):
			return nil, fmt.Errorf("line 1, column %d: the column %q is here twice", i+1, name)
		}
		header = append(header, name)
	}
	for _, name := range slotColumns()[:3] {
		if !slices.Contains(header, name) {
			return nil, fmt.Errorf("line 1: the column %q is missing", name)
		}
	}
	return header, nil
}

func readSlot(rows *csv.Reader, header, fields []string) (*surprisev1.Slot, []error) {
	slot := &surprisev1.Slot{}
	var bad []error
	for i, name := range header {
		if err := setSlot(slot, name, strings.TrimSpace(fields[i])); err != nil {
			line, column := rows.FieldPos(i)
			bad = append(bad, fmt.Errorf("line %d, column %d, %s: %w", line, column, name, err))
		}
	}
	if len(bad) == 0 && !slot.GetEnds().AsTime().After(slot.GetStarts().AsTime()) {
		line, _ := rows.FieldPos(0)
		bad = append(bad, fmt.Errorf("line %d, ends: it ends before it starts", line))
	}
	return slot, bad
}

func setSlot(slot *surprisev1.Slot, name, text string) (err error) {
	switch name {
	case "id":
		if slot.Id = text; text == "" || len(text) > 64 {
			return errors.New("an id has 1 to 64 characters")
		}
	case "starts":
		slot.Starts, err = slotTime(text)
	case "ends":
		slot.Ends, err = slotTime(text)
	case "adviser":
		slot.Adviser = text
	case "places":
		n, failed := strconv.ParseUint(text, 10, 31)
		if text != "" && (failed != nil || n < 1 || n > 10_000) {
			return fmt.Errorf("%q is not a number from 1 to 10000", text)
		}
		slot.Places = int32(n) //nolint:gosec // at most 10,000
	}
	return err
}

func slotTime(text string) (*timestamppb.Timestamp, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time such as 2026-12-01T14:00:00+08:00", text)
	}
	return timestamppb.New(t), nil
}
