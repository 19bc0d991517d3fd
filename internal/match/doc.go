// Package match finds the templates that fit a request: right stage, right channel, and a rule that holds. Scan asks every template in turn;
// Index gives the same answer without looking at most of them.
//
// # How the index works
//
// Each rule becomes rows, and a rule is true where one of its rows is (disjunctive normal form). A row asks some attributes one question each:
//
//	rules                                         rows
//	1  tier == "gold" && visits >= 5              a  tier gold,  visits 5..
//	2  tier == "gold" || visits < 2               b  tier gold
//	                                              c              visits ..1
//	3  tier != "gold" && visits >= 2              d  tier other, visits 2..
//
// The values of an attribute that no rule tells apart share a slot, and each slot has a column: one bit for each row that is true of the slot's
// values, or does not ask for the attribute at all.
//
//	         tier                  visits
//	row    gold   others        ..1   2..4   5..
//	a       1       0            0     0      1
//	b       1       0            1     1      1
//	c       1       1            1     0      0
//	d       0       1            0     1      1
//
// A request has one slot for each attribute. Someone silver with 3 visits has the columns "others" (0 0 1 1) and "2..4" (0 1 0 1); what both have
// are the rows that are true of the request: 0 0 0 1, row d, so rule 3. A word of a column is 64 rows, so that no row is looked at by itself.
//
// A rule that would make too many rows, such as an AND of six ORs of three, keeps its ORs as clauses of one row. Clauses have columns in planes: the
// first clause of each row in the first plane, the second in the second. Here a slot has the rows whose clause is true of it:
//
//	                                   first plane                     second plane
//	row  clauses                       free   gold   others   5..      free   ..1   sunny
//	e    (tier gold or visits 5..)     0      1      0        1        0      1     1
//	     and (visits ..1 or sunny)
//	a    none                          1      0      0        0        1      0     0
//
// A row must be in any of the columns that a request has in a plane, or be free of it, so ORs of columns are ANDed to the others. Units without
// clauses have no planes.
//
// Rows are in the order of the most that their template can score, and a search goes through them in units of 512, later in blocks of four: once
// it has found the best that it needs, and all that is left is bounded below, it stops. Within what a search does at a time, rows for the same
// stages and channels lie together, so that columns have nothing in common for whole units.
//
// What columns are not worth is asked row by row, of the few that the columns leave over: what hardly any rule asks, what is costly to read,
// alternatives that would make too many rows and are no clauses, and parts of rules that only CEL understands. Alternatives are asked in steps, each of which leads
// to another or to the end, and what several rules share is asked once. has() of a custom attribute is not asked where a row asks more of it.
//
// Where an attribute has too many values for slots of their own, rare ones share a slot; "maybe" is a 1 in the column, and the row's own question
// decides. So columns never lose a row, and checks never let a wrong one through.
//
// # Where to read on
//
//	dnf, needs             rules become rows
//	layout, ceiling        rows in their order, with the bound
//	cluster                rows that are alike come together
//	plan                   which attributes are worth columns
//	slots, words, nearby   values become slots
//	field, columns         slots become columns
//	planes                 clauses have columns too
//	checks, tree, answers  the other questions
//	search, kernel         a request
//	collect                rows become matches
//	index                  all of it put together
//
// # Sources
//
// Columns for each value are bitmap indexes (O'Neil, "Model 204 architecture and performance", 1987), those over the bounds of ranges the
// interval encoding of Chan and Ioannidis, "An efficient bitmap encoding scheme for selection queries" (SIGMOD 1999). That rules are what is
// indexed, in normal form, and requests what is looked up, is after Whang et al., "Indexing Boolean expressions" (VLDB 2009); that attributes
// are chosen by how much they rule out after Sadoghi and Jacobsen, "BE-Tree" (SIGMOD 2011). The bound that ends a search is that of Broder et
// al., "Efficient query evaluation using a two-level retrieval process" (CIKM 2003). Sorted rows make for columns of which much is empty: Lemire,
// Kaser and Aouiche, "Sorting improves word-aligned bitmap indexes" (Data & Knowledge Engineering, 2010).
package match
