"""Words that stand in every text and find nothing."""

_ENGLISH = (
    "a about an and any are as at be been but by can could did do does for from had has have he her here him his how "
    "i if in is it its just me my no not of on or our she so than that the their them then there these they this to "
    "up us was we were what when which who will with would you your"
)
_STEMS = "thi hav ar wer hi wa ha doe"  # what is left of some of them when they are stemmed
_CHINESE = (
    "的 了 是 我 你 您 他 她 它 们 我们 你们 他们 在 和 与 及 就 都 也 很 吗 呢 吧 啊 哦 把 被 给 对 着 过 "
    "这 那 这个 那个 一个 有 没 不 要 想 能 会 可以 请 请问 什么 怎么 一 上 下 里"
)
STOP_WORDS = frozenset(f"{_ENGLISH} {_STEMS} {_CHINESE}".split())
