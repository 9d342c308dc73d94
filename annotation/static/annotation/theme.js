// Before anything is painted, or a light page would flash dark. The application changes it (frontend/src/ui/theme.ts).
try {
  document.documentElement.dataset.theme = localStorage.getItem("cytomark.theme") ?? "dark";
} catch {
  // A browser that keeps nothing shows the dark theme.
}
