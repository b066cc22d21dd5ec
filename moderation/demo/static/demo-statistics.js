// Stands for a counter of visits: it says that it runs, and counts nothing.
(() => {
  "use strict";
  const place = document.getElementById("statistics");
  if (place) place.textContent = place.dataset.running;
})();
