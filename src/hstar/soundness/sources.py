"""The papers behind the bounds, by the key that terms and docstrings use; `docs/papers.toml` lists the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hstar.soundness.term import Source


@dataclass(frozen=True)
class Paper:
    """A publication: authors, title, identifier (an eprint number or a venue)."""

    authors: str
    title: str
    identifier: str


PAPERS: Final[dict[str, Paper]] = {
    "ACFY24": Paper(
        "Arnon, Chiesa, Fenzi, Yogev",
        "WHIR: Reed-Solomon Proximity Testing with Super-Fast Verification",
        "eprint 2024/1586",
    ),
    "BCHKS25": Paper(
        "Ben-Sasson, Carmon, Haböck, Kopparty, Saraf",
        "On Proximity Gaps for Reed-Solomon Codes",
        "eprint 2025/2055",
    ),
    "BCS16": Paper("Ben-Sasson, Chiesa, Spooner", "Interactive Oracle Proofs", "eprint 2016/116"),
    "CGSY23": Paper(
        "Chiesa, Guan, Samocha, Yogev",
        "Security Bounds for Proof-Carrying Data from Straightline Extractors",
        "eprint 2023/1646",
    ),
    "CMS19": Paper(
        "Chiesa, Manohar, Spooner", "Succinct Arguments in the Quantum Random Oracle Model", "eprint 2019/834"
    ),
    "CO25": Paper("Chiesa, Orrù", "A Fiat-Shamir Transformation From Duplex Sponges", "eprint 2025/536"),
    "DKT26": Paper(
        "Dao, Kominers, Thaler",
        "Reed-Solomon Codes Beyond Johnson: Efficient Decoding and Smaller Cryptographic Proofs",
        "eprint 2026/2056",
    ),
    "GS99": Paper(
        "Guruswami, Sudan",
        "Improved Decoding of Reed-Solomon and Algebraic-Geometry Codes",
        "IEEE Transactions on Information Theory 45(6)",
    ),
    "H22": Paper("Haböck", "Multivariate Lookups Based on Logarithmic Derivatives", "eprint 2022/1530"),
    "H22S": Paper("Haböck", "A Summary on the FRI Low Degree Test", "eprint 2022/1216"),
    "HJRRR25": Paper(
        "Hemo, Jue, Rabinovich, Roh, Rothblum",
        "Jagged Polynomial Commitments (or: How to Stack Multilinears)",
        "eprint 2025/917",
    ),
    "LFKN92": Paper(
        "Lund, Fortnow, Karloff, Nisan", "Algebraic Methods for Interactive Proof Systems", "Journal of the ACM 39(4)"
    ),
    "PH23": Paper("Papini, Haböck", "Improving Logarithmic Derivative Lookups Using GKR", "eprint 2023/1284"),
    "SZ80": Paper(
        "Schwartz; Zippel",
        "Fast Probabilistic Algorithms for Verification of Polynomial Identities",
        "Journal of the ACM 27(4)",
    ),
}

UNIQUE_LINE = Source("BCHKS25", "Theorem 1.3")
JOHNSON_LINE = Source("BCHKS25", "Theorems 4.2 and 4.6")
WEIGHTED_LINE = Source(
    "DKT26", "the weighted Johnson certificate", "formalised in ArkLib as weightedJohnson_mcaError_le"
)
JOHNSON_LIST = Source("GS99", "the list-decoding theorem")
WHIR_SOUNDNESS = Source("ACFY24", "Theorem 5.2")
SUMCHECK = Source("LFKN92", "the sumcheck protocol")
LOOKUP = Source("H22", "the lookup argument", "with vanishing denominators and multilinear fingerprints")
DEEP_ALI = Source("H22S", "Theorem 8")
PLAIN_LOOKUP = Source("H22", "the lookup argument, numerators only")
FRACTION_TREE = Source("PH23", "the fraction tree")
POLYNOMIAL_IDENTITY = Source("SZ80", "the lemma on zeros of polynomials")
JAGGED = Source("HJRRR25", "the jagged claim", "bundles are row-major and the weight goes straight into WHIR")
JAGGED_REDUCTION = Source("HJRRR25", "the reduction to the dense function")
FIAT_SHAMIR = Source("BCS16", "the round-by-round compilation in the random-oracle model")
QUANTUM = Source("CMS19", "the quantum random-oracle compilation", "constants taken as 1")
RECURSION = Source("CGSY23", "straight-line extraction")
