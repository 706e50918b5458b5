-- Asks Tollgate whether a request may go on, by forward-auth: the headers of the
-- request, and its body where it has one. The answer is `txn.tollgate_status`:
-- 200 lets it through, and nothing else does. Whatever fails in here leaves that
-- variable unset.
--
-- HAProxy 2.5 and later, built with Lua, as Debian's is.

-- These are of one connection, or said anew.
local own = {
  ["connection"] = true, ["content-length"] = true, ["expect"] = true,
  ["host"] = true, ["keep-alive"] = true, ["te"] = true, ["trailer"] = true,
  ["transfer-encoding"] = true, ["upgrade"] = true,
  ["x-original-method"] = true, ["x-original-uri"] = true,
}

local function asked(txn)
  local headers = {}
  for name, values in pairs(txn.http:req_get_headers()) do
    if not own[name] then
      headers[name] = {}
      -- They count from 0.
      for index, value in pairs(values) do
        headers[name][index + 1] = value
      end
    end
  end
  headers["x-original-method"] = { txn.f:method() }
  headers["x-original-uri"] = { txn.f:pathq() }
  return headers
end

core.register_action("tollgate", { "http-req" }, function(txn, url)
  local length, body = txn.f:req_fhdr("content-length"), txn.f:req_body() or ""
  -- Half a body is not judged, nor one that does not say how long it is.
  if (tonumber(length or "0") or -1) ~= #body then
    return txn:set_var("txn.tollgate_status", length and 413 or 400)
  end
  local request = { url = url, headers = asked(txn), timeout = 3000 }
  local answer
  if #body > 0 then
    request.body = body
    answer = core.httpclient():post(request)
  else
    answer = core.httpclient():get(request)
  end
  for _, name in ipairs({ "action", "reason", "decision-id" }) do
    local value = answer.headers and answer.headers["x-tollgate-" .. name]
    txn:set_var("txn.tollgate_" .. name:gsub("-", "_"), value and value[0] or "")
  end
  txn:set_var("txn.tollgate_status", answer.status or 0)
end, 1)
