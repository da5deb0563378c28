(function () {
  var folds = document.querySelectorAll("details"), open = false, button = document.createElement("button");
  function label() { button.textContent = open ? "Close all tables" : "Open all tables"; }
  button.type = "button";
  button.addEventListener("click", function () {
    open = !open;
    folds.forEach(function (fold) { fold.open = open; });
    label();
  });
  label();
  if (folds.length) { document.querySelector("footer").appendChild(button); }
})();
