//! Two texts side by side: what is equal shortened, what differs with a sign in front.

/// Lines beyond this are not compared but shown to the first that differs: the table grows with the square.
const MOST: usize = 400;

/// Equal lines shown on each side of a difference.
const AROUND: usize = 2;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Same,
    Gone,
    New,
}

/// Lines of `before` that are not in `after` with `-`, those that are new with `+`.
pub(in super::super) fn difference(before: &[String], after: &[String]) -> String {
    let lines = match before.len() <= MOST && after.len() <= MOST {
        true => compared(before, after),
        false => first(before, after),
    };
    let changed: Vec<usize> =
        lines.iter().enumerate().filter(|(_, (sign, _))| *sign != Sign::Same).map(|(place, _)| place).collect();
    let mut shown = Vec::new();
    let mut skipping = false;
    for (place, (sign, line)) in lines.iter().enumerate() {
        if *sign == Sign::Same && changed.iter().all(|other| other.abs_diff(place) > AROUND) {
            if !skipping {
                shown.push(String::from("  …"));
            }
            skipping = true;
            continue;
        }
        skipping = false;
        let sign = match sign {
            Sign::Same => ' ',
            Sign::Gone => '-',
            Sign::New => '+',
        };
        shown.push(format!("{sign} {line}"));
    }
    shown.join("\n")
}

/// By the longest common subsequence.
fn compared<'a>(before: &'a [String], after: &'a [String]) -> Vec<(Sign, &'a String)> {
    let wide = after.len() + 1;
    let mut common = vec![0_usize; (before.len() + 1) * wide];
    let at = |table: &[usize], row: usize, column: usize| table.get(row * wide + column).copied().unwrap_or(0);
    for (row, old) in before.iter().enumerate().rev() {
        for (column, new) in after.iter().enumerate().rev() {
            let best = match old == new {
                true => at(&common, row + 1, column + 1) + 1,
                false => at(&common, row + 1, column).max(at(&common, row, column + 1)),
            };
            if let Some(cell) = common.get_mut(row * wide + column) {
                *cell = best;
            }
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut lines = Vec::new();
    loop {
        match (before.get(row), after.get(column)) {
            (Some(old), Some(new)) if old == new => {
                lines.push((Sign::Same, old));
                (row, column) = (row + 1, column + 1);
            }
            (Some(old), new) if new.is_none() || at(&common, row + 1, column) >= at(&common, row, column + 1) => {
                lines.push((Sign::Gone, old));
                row += 1;
            }
            (_, Some(new)) => {
                lines.push((Sign::New, new));
                column += 1;
            }
            _ => return lines,
        }
    }
}

/// Up to the first line that differs.
fn first<'a>(before: &'a [String], after: &'a [String]) -> Vec<(Sign, &'a String)> {
    let same = before.iter().zip(after).take_while(|(old, new)| old == new).count();
    let mut lines: Vec<_> = before.iter().take(same).map(|line| (Sign::Same, line)).collect();
    lines.extend(before.get(same).map(|line| (Sign::Gone, line)));
    lines.extend(after.get(same).map(|line| (Sign::New, line)));
    lines
}
