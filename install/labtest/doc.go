// Package labtest tests the installed kernel with the real thing: the official conformance suite, nbclient,
// papermill, JupyterLab in Chromium, and the program's own commands from empty folders.
//
// The tests make the Python environment that they need in the user's cache folder, as "lyceum lab" does, from
// requirements.txt (made by ../environment/requirements.sh). Without Python or Chromium they skip, unless CI is set.
package labtest
