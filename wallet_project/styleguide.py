"""Every component on one page, for whoever builds pages: ``/dev/styleguide/``, in development only.

The samples are in both languages here and not in the catalogue: they are no words of the product.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.messages import api as messages
from django.shortcuts import render
from django.urls import path
from django.utils.translation import get_language

from wallet_project.lib import clock
from wallet_project.lib.describing import Described
from wallet_project.lib.widgets import AmountInput, CodeInput, PinInput

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

SAMPLES: dict[str, tuple[str, str]] = {
    "available": ("Available", "可用余额"),
    "held": ("$42.50 held · 1 payment waiting for your PIN", "已预留 $42.50 · 1 笔付款待输入支付密码"),
    "send": ("Send", "转账"),
    "add": ("Add money", "充值"),
    "activity": ("Activity", "账单"),
    "help": ("Help", "帮助"),
    "see_all": ("See all", "查看全部"),
    "today": ("Today", "今天"),
    "yesterday": ("Yesterday", "昨天"),
    "person": ("Mei C•••", "•美"),
    "contact": ("+86 138••••5678", "+86 138••••5678"),
    "waiting": ("Waiting for your PIN · Dinner", "待输入支付密码 · 晚饭"),
    "card_added": ("Added from Visa •••• 4242", "银行卡充值（Visa •••• 4242）"),
    "arrived": ("Arrived", "已到账"),
    "long_name": ("Maximiliane Katharina von H••••••••••••", "阿布都热合曼·买买提•••"),
    "long_detail": (
        "Sent you · March rent for the small flat near the river, as agreed",
        "向你转账 · 三月份的房租，按之前在电话里商量好的金额",
    ),
    "declined": ("Declined · no money moved", "未成功 · 资金未变动"),
    "ask": ("Confirm $42.50 to Mei C•••", "确认向 •美 转账 $42.50"),
    "ask_text": ("First time you pay this person.", "您第一次向此人付款。"),
    "confirm": ("Confirm", "确认"),
    "first_title": ("You have never paid this person.", "您第一次向此人付款。"),
    "first": ("First time", "首次付款"),
    "first_text": (
        "Send only to people you know. Once it has arrived we can’t take it back for you.",
        "请确认是您认识的人。到账后无法自动撤回。",
    ),
    "from": ("From", "从"),
    "from_value": ("USD balance $1,285.21", "人民币余额 ¥420.00"),
    "fee": ("Fee", "手续费"),
    "gets": ("They get", "对方收到"),
    "when": ("Arrives", "到账时间"),
    "now": ("At once", "立即"),
    "note": ("Note", "备注"),
    "dinner": ("Dinner", "晚饭"),
    "sum": ("$42.50", "¥300.00"),
    "zero": ("$0.00", "¥0.00"),
    "review": ("Check and send", "确认转账"),
    "act": ("Send $42.50 to Mei C•••", "向 •美 转账 ¥300.00"),
    "next": ("Next: your PIN", "下一步：输入支付密码"),
    "email": ("E-mail address", "电子邮箱"),
    "email_hint": ("We send a code there to confirm it is yours.", "我们会向该邮箱发送验证码，以确认属于您。"),
    "email_bad": ("Enter an e-mail address, such as mei@example.com.", "请输入电子邮箱，例如 mei@example.com。"),
    "password": ("Password", "登录密码"),
    "amount": ("Amount", "金额"),
    "amount_hint": ("Fee $0.00 · up to $500.00 left today", "手续费 $0.00 · 今日还可转 $500.00"),
    "amount_bad": ("Enter an amount such as 42.50.", "请输入金额，例如 42.50。"),
    "code": ("Code from the message", "短信验证码"),
    "pin": ("Payment PIN", "支付密码"),
    "country": ("Country", "国家或地区"),
    "consent": ("I have read the terms and the privacy notice", "我已阅读并同意服务条款和隐私政策"),
    "choose": ("How do you want to confirm?", "请选择验证方式"),
    "choose_pin": ("My payment PIN", "支付密码"),
    "choose_code": ("A code to +49 151 ••••21", "发送验证码到 +49 151 ••••21"),
    "continue": ("Continue", "继续"),
    "cancel": ("Cancel this payment", "取消这笔付款"),
    "cancel_text": ("The $42.50 go back to your available balance at once.", "$42.50 将立即退回可用余额。"),
    "reference": ("Reference", "流水号"),
    "processing": ("Processing", "处理中"),
    "needs": ("Needs your PIN", "待您确认"),
    "failed": ("Failed", "失败"),
    "info": ("Held for 2 days", "资金将预留 2 天"),
    "expired": ("Expired", "已过期"),
    "empty": ("Nothing here yet", "还没有记录"),
    "empty_text": (
        "Add money with your card, or ask a friend to send you some. It shows up here at once.",
        "用银行卡充值，或请朋友向您转账，记录会立即显示在这里。",
    ),
    "sent": ("Sent", "已发出"),
    "checking": ("Being checked", "审核中"),
    "arrives": ("Arrives", "到账"),
    "in": ("Money in", "收入"),
    "out": ("Money out", "支出"),
    "all": ("All", "全部"),
    "security": ("Security", "安全"),
    "security_text": ("PIN, two-step sign-in, devices", "支付密码、双重验证、设备"),
    "settings": ("Settings", "设置"),
    "settings_text": ("Language, time zone, colours", "语言、时区、配色"),
    "refused": ("That is more than you have", "余额不足"),
    "refused_text": (
        "You have $1,285.21 available and tried to send $2,000.00.",
        "可用余额为 $1,285.21，您尝试转账 $2,000.00。",
    ),
    "refused_next": ("Send less, or add money first.", "请减少金额，或先充值。"),
    "done": ("$42.50 is with Mei C•••", "¥300.00 已转给 •美"),
    "saved": ("Your settings are saved.", "设置已保存。"),
    "limit": ("You can send each day", "每日可转账"),
    "more": ("Why is money held?", "为什么有资金被预留？"),
}


class SampleForm(forms.Form):
    """One field of each kind."""

    email = forms.EmailField()
    password = forms.CharField(widget=forms.PasswordInput)
    amount = forms.CharField(widget=AmountInput, initial="42.50")
    currency = forms.ChoiceField(choices=[("USD", "USD"), ("CNY", "CNY")], label="Currency")
    code = forms.CharField(widget=CodeInput)
    pin = forms.CharField(widget=PinInput)
    country = forms.ChoiceField(choices=[("DE", "Deutschland"), ("CN", "中国"), ("US", "United States")])
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    method = forms.ChoiceField(widget=forms.RadioSelect)
    consent = forms.BooleanField()


def samples() -> dict[str, str]:
    """The sample sentences in the active language."""
    chinese = (get_language() or "").startswith("zh")
    return {name: pair[chinese] for name, pair in SAMPLES.items()}


def sample_form(words: dict[str, str], *, wrong: bool) -> SampleForm:
    """The form as a person left it: empty, or sent with mistakes."""
    form = SampleForm({"email": "mei@", "amount": "1e3", "currency": "USD"} if wrong else None)
    choices = [("pin", words["choose_pin"]), ("code", words["choose_code"])]
    form.fields["method"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField, declared above
    labels = {"method": "choose"}
    for name, field in form.fields.items():
        field.label = words.get(labels.get(name, name), field.label)
    form.fields["email"].error_messages["invalid"] = words["email_bad"]
    if wrong:
        form.add_error("amount", words["amount_bad"])
        for name in set(form.fields) - {"email", "amount"}:
            form.errors.pop(name, None)
    return form


def styleguide(request: HttpRequest, page: str = "components") -> HttpResponse:
    """``page``: components, step (a focus page) or form (a public page with mistakes)."""
    words = samples()
    context: dict[str, Any] = {"t": words, "soon": clock.now() + timedelta(minutes=4, seconds=12), "unread_count": 3}
    context["sample" if page == "components" else "form"] = sample_form(words, wrong=page == "form")
    context["problem"] = Described(
        code="sample",
        status=409,
        title=words["refused"],
        detail=words["refused_text"],
        next_step=words["refused_next"],
        money_moved=False,
        members={},
    )
    if page == "components":
        messages.success(request, words["saved"])
    return render(request, f"dev/{page}.html", context)


urlpatterns = [
    path("", styleguide, name="styleguide"),
    path("step/", styleguide, {"page": "step"}, name="styleguide_step"),
    path("form/", styleguide, {"page": "form"}, name="styleguide_form"),
]
