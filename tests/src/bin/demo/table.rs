//! Rows under a head, in columns that are as wide as what is in them.

/// Prints a table, two spaces in and two between columns.
pub(crate) fn show<const N: usize>(head: [&str; N], rows: &[[String; N]]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        println!("  {}", padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    line(head.to_vec());
    line(widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>().iter().map(String::as_str).collect());
    rows.iter().for_each(|row| line(row.iter().map(String::as_str).collect()));
}
