// Pressing "/" goes to the search box, as people expect. Everything works without this file.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const box = document.querySelector("input[type=search]");
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// The name of an attribute of our own, as requirements/form.py makes it of the heading.
const derived = document.querySelector("[data-derived]");
const heading = document.getElementById("f-name");
const derive = () => {
  const words = heading.value.normalize("NFKD").replace(/\p{M}/gu, "").split(/[^\p{L}\p{N}]+/u).filter(Boolean)
    .map((word) => (word === word.toUpperCase() ? word.toLowerCase() : word));
  const name = words.map((word, at) => (at ? word[0].toUpperCase() : word[0].toLowerCase()) + word.slice(1)).join("");
  derived.textContent = name && `It will be ${derived.dataset.derived}[${name}].`;
};
if (derived && heading) { heading.addEventListener("input", derive); derive(); }
