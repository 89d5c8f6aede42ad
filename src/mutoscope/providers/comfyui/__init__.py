"""ComfyUI: a node-graph server on the operator's own GPU, driven by workflows that the operator exports.

upstream        ComfyUI 0.38 (GPL-3.0, talked to over HTTP alone); 0.3.64 and later should do
documentation   https://docs.comfy.org/development/comfyui-server/comms_routes; the server's own source
facts of        2026-11-22
capabilities    what the workflows have inputs for: first and last frame, edit, guide clip, pictures, clips and sounds
                that guide, extension, seed, cancel
credential      none; or a bearer token for a proxy before it, or a Comfy account's key for partner nodes
billing unit    none; partner nodes cost Comfy credits, which nothing here can see
notes           The id of a job is ours, so that a lost answer is looked up in its queue and history.
                Queue and history live in memory: after a restart there a job is lost.
                Identical graphs are served from its cache and make no file, so each job sets its seed.
                Files stay on its disk: there is no route to delete them.
"""

from mutoscope.providers.comfyui.provider import ADAPTER

__all__ = ["ADAPTER"]
