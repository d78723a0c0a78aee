//! temp
use hstar_field::*;
use hstar_kernels::*;
use std::time::Instant;
fn t(name: &str, per: usize, mut f: impl FnMut()) {
    let mut best = f64::MAX;
    f();
    let start = Instant::now();
    let mut n = 0;
    while n < 10 || start.elapsed().as_secs_f64() < 0.25 {
        let t = Instant::now();
        f();
        best = best.min(t.elapsed().as_secs_f64());
        n += 1;
    }
    println!(
        "{name:20} {:.3} ns/el  {:.1} us",
        best * 1e9 / per as f64,
        best * 1e6
    );
}
fn main() {
    if std::env::args().nth(2).is_some() {
        only();
        return;
    }
    let lg: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let n = 1usize << lg;
    let p = n / 16;
    threads::set_num_threads(1);
    let mk = |s: usize| -> Vec<Pack> {
        (0..p)
            .map(|i| {
                core::array::from_fn(|k| {
                    core::array::from_fn(|l| {
                        ((((i * 96 + k * 16 + l + s) as u64).wrapping_mul(0x9E3779B97F4A7C15) >> 33)
                            % MODULUS as u64) as u32
                    })
                })
            })
            .collect()
    };
    let (f, w) = (mk(1), mk(7));
    let base: Vec<u32> = f.iter().flat_map(|p| p[0]).collect();
    let (mut o, mut o1, mut o2) = (mk(3), vec![ZERO_PACK; p / 2], vec![ZERO_PACK; p / 2]);
    let r = Sextic([5, 6, 7, 8, 9, 10]);
    threads::in_pool(|| {
        let pt: Vec<Sextic> = (0..lg).map(|i| Sextic::of_packs(&f, i)).collect();
        t("mul", n, || vectors::mul(&f, &w, &mut o));
        t("scale", n, || vectors::scale(&f, r, &mut o));
        t("dot", n, || {
            std::hint::black_box(vectors::dot(&f, &w));
        });
        t("dot base", n, || {
            std::hint::black_box(vectors::dot_base(&base, &w));
        });
        t("total", n, || {
            std::hint::black_box(vectors::total(&w));
        });
        t("eq", n, || multilinear::eq_table(&pt, r, &mut o));
        t("eval", n, || {
            std::hint::black_box(multilinear::evaluate(&f, &pt));
        });
        t("eval base", n, || {
            std::hint::black_box(multilinear::evaluate_base(&base, &pt));
        });
        for b in [0, lg - 1] {
            t(&format!("fold {b} /out"), n / 2, || {
                multilinear::fold(&f[..], r, b, &mut o1)
            });
            t(&format!("fold base {b} /out"), n / 2, || {
                multilinear::fold(&vectors::Planes::new(&base), r, b, &mut o1)
            });
            t(&format!("round {b}"), n, || {
                std::hint::black_box(sumcheck::product_round(&f[..], &w, b, n / 2));
            });
            t(&format!("round base {b}"), n, || {
                std::hint::black_box(sumcheck::product_round(
                    &vectors::Planes::new(&base),
                    &w,
                    b,
                    n / 2,
                ));
            });
        }
        for b in [(0, 0), (lg - 1, lg - 2)] {
            t(&format!("fused {b:?}"), n, || {
                std::hint::black_box(sumcheck::fold_and_product_round(
                    &f[..],
                    &w,
                    r,
                    b,
                    &mut o1,
                    &mut o2,
                ));
            });
            t(&format!("fused base {b:?}"), n, || {
                std::hint::black_box(sumcheck::fold_and_product_round(
                    &vectors::Planes::new(&base),
                    &w,
                    r,
                    b,
                    &mut o1,
                    &mut o2,
                ));
            });
        }
    });
    for (n, f) in [
        (
            "L1 mulacc",
            hstar_peers::arithmetic::sextic_multiply_add as fn(usize),
        ),
        ("L1 fold", hstar_peers::arithmetic::sextic_fold),
        ("L1 sum", hstar_peers::arithmetic::sextic_sum),
        (
            "quintic mulacc",
            hstar_peers::arithmetic::quintic_multiply_add,
        ),
        ("L1 base sum", hstar_peers::arithmetic::base_sextic_sum),
    ] {
        t(n, 1000 * 512, || f(1000));
    }
}
fn only() {
    threads::set_num_threads(1);
    let p = 64;
    let f = vec![[[5; 16]; 6]; p];
    let w = vec![[[5; 16]; 6]; p];
    let which = std::env::args().nth(2).unwrap();
    let mut o = vec![ZERO_PACK; p];
    let r = Sextic([5, 6, 7, 8, 9, 10]);
    threads::in_pool(|| {
        for _ in 0..600000 {
            match &which[..] {
                "fold" => multilinear::fold(&f[..], r, 9, &mut o[..p / 2]),
                "scale" => vectors::scale(&f, r, &mut o),
                _ => {
                    std::hint::black_box(sumcheck::product_round(&f[..], &w, 9, p * 8));
                }
            }
        }
    });
}
