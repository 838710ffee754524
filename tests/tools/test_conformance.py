# SPDX-License-Identifier: BSD-2-Clause-Patent
"""tools/conformance: what makes a clause a yes, a deviation or a no, and which mistakes it finds."""
import unittest

import script

conformance = script.load("conformance")

CLAUSES = """# a remark
RFC 1: The first
    What of it concerns us.

RFC1-2-a  must  Say so,
    and again.
RFC1-2-b  should  Wait.
    deviation: we do not,
    for a reason.
RFC1-2-c  may  Sing.
    no: who listens?
"""
SOURCE = """
/* The test. */
/* shows: RFC1-2-a, RFC1-2-b */
static void says_so(void **state)
{
}
"""
PATH = "tests/unit/test_one.c"
PASSED = {("unit/test_one", "says_so"): True}


class Conformance(unittest.TestCase):
    """One small document and one test, changed in one thing."""

    def judged(self, clauses=CLAUSES, source=SOURCE, results=None, cases=""):
        """Returns ({clause: verdict}, errors, page)."""
        results = PASSED if results is None else results
        document, errors = conformance.parse_document(clauses.splitlines(), "a.clauses")
        annotations = list(conformance.test_annotations(source, PATH))
        annotations += conformance.case_annotations(cases, "tests/boot/cases.py", ["boots-a", "boots-b", "menu"])
        tests, wrong = conformance.gather([document], annotations, results)
        verdicts = {clause.id: conformance.verdict(clause, tests[clause.id], results)[0] for clause in document.clauses}
        return verdicts, errors + wrong, conformance.page([document], tests, results)[0]

    def refused(self, words, **how):
        """Exactly one mistake, which says `words`."""
        errors = self.judged(**how)[1]
        self.assertEqual(len(errors), 1, errors)
        self.assertIn(words, errors[0])

    def test_verdicts(self):
        """A test makes a yes, or a deviation where there is a reason."""
        verdicts, errors, page = self.judged()
        self.assertEqual(errors, [])
        self.assertEqual(verdicts, {"RFC1-2-a": "yes", "RFC1-2-b": "deviation", "RFC1-2-c": "no"})
        self.assertIn("| RFC1-2-a | must | Say so, and again. | [says_so](../tests/unit/test_one.c) | yes |", page)
        self.assertIn("**deviation**: we do not, for a reason.", page)
        self.assertIn("| [RFC 1: The first](#rfc-1-the-first) | 3 | 1 | 1 | 1 | 0 |", page)
        self.assertIn("What of it concerns us.", page)

    def test_without_a_test(self):
        """It is a no, whatever its reason."""
        verdicts, errors, page = self.judged(source="")
        self.assertEqual(errors, [])
        self.assertEqual(set(verdicts.values()), {"no"})
        self.assertIn("| all | 3 | 0 | 0 | 3 | 1 |", page)

    def test_a_test_that_fails(self):
        """So is one whose test fails."""
        verdicts, _, page = self.judged(results={("unit/test_one", "says_so"): False})
        self.assertEqual(verdicts["RFC1-2-a"], "no")
        self.assertIn("**no**: says_so failed", page)

    def test_boots(self):
        """Boots in QEMU count where nothing else does, and only if they passed."""
        cases = "def f():\n    # shows: RFC1-2-a by boots-*\n    pass\n"
        verdicts, errors, page = self.judged(source="", cases=cases)
        self.assertEqual((errors, verdicts["RFC1-2-a"]), ([], "no"))
        self.assertIn("[*boots-a*](../tests/boot/cases.py), [*boots-b*]", page)
        boots = {("", "boots-a"): True, ("", "boots-b"): True}
        self.assertEqual(self.judged(source="", cases=cases, results=boots)[0]["RFC1-2-a"], "yes")
        self.assertEqual(self.judged(source="", cases=cases, results=boots | {("", "boots-b"): False})[0]["RFC1-2-a"], "no")
        self.assertEqual(self.judged(cases=cases)[0]["RFC1-2-a"], "yes")

    def test_boots_that_were_not_run_here(self):
        """As the page has it."""
        page = "| A | must | x | [*a*](c.py) | yes |\n| B | must | x | [*b*](c.py) | **no**: b was not run |\n"
        known = conformance.boot_results(["a", "b", "c"], page)
        self.assertEqual(known.get(("", "a")), True)
        self.assertNotIn(("", "b"), known)
        self.assertNotIn(("", "c"), known)

    def test_mistakes_of_annotations(self):
        """Names that do not exist, and comments that stand nowhere."""
        self.refused("RFC1-2-x, which is no clause", source=SOURCE.replace("2-b", "2-x"))
        self.refused("says_so shows RFC1-2-a, RFC1-2-b but was not run", results={})
        self.refused("says_it shows RFC1-2-a, RFC1-2-b but was not run", source=SOURCE.replace("says_so", "says_so_not")
                     .replace("says_so_not", "says_it"))
        self.refused("no test follows", source="/* shows: RFC1-2-a */\nint n;\n")
        self.refused("twice", source=SOURCE.replace("2-b", "2-a"))
        self.refused("is a no, says its text", source=SOURCE.replace("2-b", "2-c"))
        self.refused("no case fits it", cases="# shows: RFC1-2-a by sings-*\n")

    def test_a_comment_of_two_lines(self):
        """Many clauses."""
        verdicts, errors, _ = self.judged(source=SOURCE.replace("-a, RFC", "-a,\n   RFC"))
        self.assertEqual((errors, verdicts["RFC1-2-b"]), ([], "deviation"))

    def test_neighbours(self):
        """A test of few lines hides no comment of the next one's."""
        verdicts, errors, _ = self.judged(source=SOURCE.replace(", RFC1-2-b", "") + "/* shows: RFC1-2-b */\nstatic void waits(void **s)\n",
                                          results=PASSED | {("unit/test_one", "waits"): True})
        self.assertEqual((errors, verdicts["RFC1-2-a"], verdicts["RFC1-2-b"]), ([], "yes", "deviation"))

    def test_mistakes_of_clauses(self):
        """Lines that are none, of another document, doubled."""
        for line in ("RFC1-2-d  perhaps  Dance.", "RFC2-2-d  must  Dance.", "Dance."):
            self.refused("neither a clause of RFC 1", clauses=CLAUSES + line + "\n")
        self.refused("4 clauses with 3 ids", clauses=CLAUSES + "RFC1-2-c  may  Dance.\n")


if __name__ == "__main__":
    unittest.main()
