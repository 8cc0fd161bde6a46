//! How a report is drawn; the only file that knows ariadne.
