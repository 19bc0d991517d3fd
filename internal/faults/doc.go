// Package faults has only tests: what becomes of promises when the program is killed at any step of a change, when the disk is full, when clocks are
// an hour apart, and when a primary is lost in the middle of a rush. Each runs real servers, and asks the ledger afterwards.
package faults
