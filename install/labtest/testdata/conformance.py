"""The official conformance suite for Jupyter kernels (jupyter_kernel_test 0.7.0) on the installed kernel."""

import functools
import unittest

import jupyter_kernel_test


class LyceumTests(jupyter_kernel_test.KernelTests):
    flushing = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for channel in (cls.kc.shell_channel, cls.kc.iopub_channel):
            channel.get_msg = cls.patient(channel.get_msg)

    @classmethod
    def patient(cls, get_msg):
        """The suite waits 0.1 s for what must come; a machine under load may need longer."""

        @functools.wraps(get_msg)
        def get(timeout=None):
            return get_msg(timeout=timeout if cls.flushing or timeout is None else max(timeout, 120))

        return get

    def flush_channels(self):  # waits for nothing: 0.1 s are enough
        LyceumTests.flushing = True
        try:
            super().flush_channels()
        finally:
            LyceumTests.flushing = False

    kernel_name = "lyceum"
    language_name = "go"
    file_extension = ".go"

    code_hello_world = 'fmt.Println("hello, world")'
    code_stderr = 'fmt.Fprintln(os.Stderr, "oops")'
    completion_samples = [
        {"text": "strings.TrimSp", "matches": {"TrimSpace"}},
        {"text": "strings.ToTit", "matches": {"ToTitle", "ToTitleSpecial"}},
    ]
    complete_code_samples = ["x := 1", "func f() int { return 1 }", 'fmt.Println("a")', "for i := range 3 {\n}"]
    incomplete_code_samples = ["func f() int {", "fmt.Println(", "x := `a", "for i := range 3 {"]
    invalid_code_samples = ["x := )", "func 1() {}"]
    code_page_something = "strings.TrimSpace?"
    code_generate_error = 'panic("boom")'
    code_execute_result = [{"code": "6 * 7", "result": "42"}, {"code": '"a" + "b"', "result": '"ab"'}]
    code_display_data = [
        {"code": 'display.Show(display.HTML("<b>bold</b>"))', "mime": "text/html"},
        {"code": 'display.Show(display.Markdown("**bold**"))', "mime": "text/markdown"},
    ]
    code_history_pattern = "6 * 7*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "strings.TrimSpace"
    code_clear_output = "display.Clear(false)"


class LyceumWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "lyceum"
    support_iopub_welcome = True


if __name__ == "__main__":
    unittest.main(verbosity=2)
