"""Writes tools.parquet as Hugging Face's datasets does (5.2): objects whose keys differ from row to row become JSON, others structs.

    python tools.py
"""
import json, os, tempfile
from datasets import load_dataset
here = os.path.dirname(os.path.abspath(__file__))
def tool(name, **properties): return [{"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": properties}}}]
def messages(b): return [{"role": "user", "content": "What is it?"}, {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": "add", "arguments": {"b": b, "a": 2}}}]}]
rows = [{"messages": messages(1), "tools": tool("add", b={"type": "number", "default": 3}, a={"type": "number", "default": 1}), "chat_template_kwargs": {"thinking": True, "budget": 3}},
        {"messages": messages(2), "tools": tool("weather", city={"type": "string"}), "chat_template_kwargs": {"thinking": False, "budget": 4}}]
with tempfile.TemporaryDirectory() as t:
    with open(t + "/rows.jsonl", "w") as f: f.writelines(json.dumps(r) + "\n" for r in rows)
    load_dataset("json", data_files=t + "/rows.jsonl", split="train", cache_dir=t + "/cache").to_parquet(os.path.join(here, "tools.parquet"))
with open(os.path.join(here, "tools.jsonl"), "w") as f: f.writelines(json.dumps(r) + "\n" for r in rows)
